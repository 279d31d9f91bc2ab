dtrace: failed to compile script err.D_DECL_IDRED.args.d: [D_DECL_IDRED] line 1: args is a name of DTrace and cannot be declared
    int args;
    ^~~~~~~~

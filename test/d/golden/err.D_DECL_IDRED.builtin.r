dtrace: failed to compile script err.D_DECL_IDRED.builtin.d: [D_DECL_IDRED] line 1: pid is a name of DTrace and cannot be declared
    int pid;
    ^~~~~~~

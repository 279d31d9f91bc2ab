dtrace: failed to compile script err.D_DECL_USELESS.noname.d: [D_DECL_USELESS] line 1: useless declaration: it names no variable
    int;
    ^~~

dtrace: failed to compile script err.D_DECL_INCOMPLETE.struct.d: [D_DECL_INCOMPLETE] line 1: p cannot be declared: struct proc is not complete
    struct proc p;
    ^~~~~~~~~~~~~

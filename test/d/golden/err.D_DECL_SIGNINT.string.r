dtrace: failed to compile script err.D_DECL_SIGNINT.string.d: [D_DECL_SIGNINT] line 1: string cannot be signed or unsigned
    unsigned string x;
    ^~~~~~~~~~~~~~~~~

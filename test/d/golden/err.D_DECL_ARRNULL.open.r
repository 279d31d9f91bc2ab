dtrace: failed to compile script err.D_DECL_ARRNULL.open.d: [D_DECL_ARRNULL] line 1: array a needs a length, or a tuple of key types
    char a[];
    ^~~~~~~~

dtrace: failed to compile script err.D_DECL_ARRSUB.zero.d: [D_DECL_ARRSUB] line 1: the length of an array must be a positive integer constant
    char a[0];
           ^

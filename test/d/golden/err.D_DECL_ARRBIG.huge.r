dtrace: failed to compile script err.D_DECL_ARRBIG.huge.d: [D_DECL_ARRBIG] line 1: the length of an array cannot be more than 2147483647: 2147483648
    char a[0x80000000];
           ^~~~~~~~~~

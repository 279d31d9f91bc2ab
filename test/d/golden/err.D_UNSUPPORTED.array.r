dtrace: failed to compile script err.D_UNSUPPORTED.array.d: [D_UNSUPPORTED] line 1: arrays of fixed length are not available yet: a
    char a[10];
    ^~~~~~~~~~

dtrace: failed to compile script err.D_DECL_PROTO_VARARGS.dots.d: [D_DECL_PROTO_VARARGS] line 1: a tuple of keys may not be of variable length
    int a[int, ...];
               ^~~

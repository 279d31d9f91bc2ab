dtrace: failed to compile script err.D_DECL_VOIDATTR.long.d: [D_DECL_VOIDATTR] line 1: void goes with no other type specifier
    long void x;
    ^~~~~~~~~~~

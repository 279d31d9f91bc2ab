dtrace: failed to compile script err.D_DECL_VOIDOBJ.void.d: [D_DECL_VOIDOBJ] line 1: x cannot be declared: void has no values
    void x;
    ^~~~~~

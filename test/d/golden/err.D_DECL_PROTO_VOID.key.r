dtrace: failed to compile script err.D_DECL_PROTO_VOID.key.d: [D_DECL_PROTO_VOID] line 1: a key cannot be of type void
    int a[int, void];
               ^~~~

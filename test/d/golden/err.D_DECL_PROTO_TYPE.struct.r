dtrace: failed to compile script err.D_DECL_PROTO_TYPE.struct.d: [D_DECL_PROTO_TYPE] line 1: a key cannot be of type struct proc
    int a[struct proc];
          ^~~~~~~~~~~

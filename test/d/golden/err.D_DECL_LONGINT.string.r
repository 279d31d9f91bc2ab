dtrace: failed to compile script err.D_DECL_LONGINT.string.d: [D_DECL_LONGINT] line 1: string cannot be short or long
    long string x;
    ^~~~~~~~~~~~~

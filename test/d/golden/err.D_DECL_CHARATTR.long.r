dtrace: failed to compile script err.D_DECL_CHARATTR.long.d: [D_DECL_CHARATTR] line 1: char cannot be short or long
    long char x;
    ^~~~~~~~~~~

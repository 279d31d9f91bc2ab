dtrace: failed to compile script err.D_DECL_COMBO.two.d: [D_DECL_COMBO] line 1: type specifiers do not go together: char string
    char string x;
    ^~~~~~~~~~~~~

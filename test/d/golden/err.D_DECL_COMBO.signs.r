dtrace: failed to compile script err.D_DECL_COMBO.signs.d: [D_DECL_COMBO] line 1: type specifiers do not go together: signed unsigned
    signed unsigned x;
    ^~~~~~~~~~~~~~~~~

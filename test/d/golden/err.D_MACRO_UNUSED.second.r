dtrace: failed to compile script err.D_MACRO_UNUSED.second.d: [D_MACRO_UNUSED] line 1: extraneous argument '2': $2 is not used
    /* @arguments 1 2 */
    ^

dtrace: failed to compile script err.D_EMPTY.comment.d: [D_EMPTY] line 1: the program has no clause
    /* nothing */
    ^~~~~~~~~~~~~

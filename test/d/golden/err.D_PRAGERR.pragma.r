dtrace: failed to compile script err.D_PRAGERR.pragma.d: [D_PRAGERR] line 1: #pragma error: not today
    #pragma D error not today
    ^~~~~~~~~~~~~~~~~~~~~~~~~

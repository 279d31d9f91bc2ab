dtrace: failed to compile script err.D_PRAGMA_INVAL.class.d: [D_PRAGMA_INVAL] line 1: #pragma D depends_on knows no class kernel
    #pragma D depends_on kernel linux
    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~

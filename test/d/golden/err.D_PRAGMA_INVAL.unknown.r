dtrace: failed to compile script err.D_PRAGMA_INVAL.unknown.d: [D_PRAGMA_INVAL] line 1: invalid pragma: #pragma D opiton
    #pragma D opiton quiet
    ^~~~~~~~~~~~~~~~~~~~~~
    hint: pragmas of D are attributes, binding, depends_on, error, line, option

dtrace: failed to compile script err.D_PRAGMA_MALFORM.option.d: [D_PRAGMA_MALFORM] line 1: #pragma D option needs a name, or name=value
    #pragma D option
    ^~~~~~~~~~~~~~~~

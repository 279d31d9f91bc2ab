dtrace: failed to compile script err.D_PRAGMA_MALFORM.words.d: [D_PRAGMA_MALFORM] line 1: #pragma D option takes one option
    #pragma D option quiet now
    ^~~~~~~~~~~~~~~~~~~~~~~~~~

dtrace: failed to compile script err.D_PDESC_INVAL.fields.d: [D_PDESC_INVAL] line 1: invalid probe description "a:b:c:d:e": Overspecified probe description
    a:b:c:d:e
    ^~~~~~~~~
    hint: a description has at most 4 fields

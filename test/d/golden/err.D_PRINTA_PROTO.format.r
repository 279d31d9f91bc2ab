dtrace: failed to compile script err.D_PRINTA_PROTO.format.d: [D_PRINTA_PROTO] line 3: printa( ) prototype mismatch: 1 arg passed, 2 expected
    	printa("%@d");
    	^~~~~~~~~~~~~
    hint: name an aggregation after the format string

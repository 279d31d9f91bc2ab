dtrace: failed to compile script err.D_PROTO_LEN.speculation.d: [D_PROTO_LEN] line 3: speculation( ) prototype mismatch: 1 arg passed, 0 expected
    	trace(speculation(1));
    	      ^~~~~~~~~~~~~~

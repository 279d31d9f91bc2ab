dtrace: failed to compile script err.D_PROTO_LEN.sync.d: [D_PROTO_LEN] line 3: sync( ) prototype mismatch: 1 arg passed, 0 expected
    	n = sync(1);
    	    ^~~~~~~

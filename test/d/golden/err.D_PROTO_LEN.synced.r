dtrace: failed to compile script err.D_PROTO_LEN.synced.d: [D_PROTO_LEN] line 3: synced( ) prototype mismatch: 0 args passed, 1 expected
    	trace(synced());
    	      ^~~~~~~~

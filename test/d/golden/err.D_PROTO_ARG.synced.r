dtrace: failed to compile script err.D_PROTO_ARG.synced.d: [D_PROTO_ARG] line 3: synced( ) argument #1 is incompatible with prototype:
	prototype: int64_t
	 argument: string
    	trace(synced("1"));
    	             ^~~

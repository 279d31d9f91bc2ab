dtrace: failed to compile script err.D_PROTO_ARG.commit.d: [D_PROTO_ARG] line 3: commit( ) argument #1 is incompatible with prototype:
	prototype: int
	 argument: string
    	commit("one");
    	       ^~~~~

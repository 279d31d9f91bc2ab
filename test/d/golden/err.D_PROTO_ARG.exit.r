dtrace: failed to compile script err.D_PROTO_ARG.exit.d: [D_PROTO_ARG] line 3: exit( ) argument #1 is incompatible with prototype:
	prototype: int
	 argument: string
    	exit("now");
    	     ^~~~~

dtrace: failed to compile script err.D_PROTO_ARG.copyinstr.d: [D_PROTO_ARG] line 3: copyinstr( ) argument #1 is incompatible with prototype:
	prototype: pointer or integer
	 argument: string
    	trace(copyinstr(execname));
    	                ^~~~~~~~

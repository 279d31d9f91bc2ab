dtrace: failed to compile script err.D_PROTO_ARG.args.d: [D_PROTO_ARG] line 4: args[ ] key #1 is incompatible with prototype:
	prototype: integer constant
	      key: int
    	trace(args[i]);
    	           ^

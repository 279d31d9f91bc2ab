dtrace: failed to compile script err.D_PROTO_ARG.argsname.d: [D_PROTO_ARG] line 3: args[ ] key #1 is incompatible with prototype:
	prototype: integer constant
	      key: string
    	trace(args["name"]);
    	           ^~~~~~

dtrace: failed to compile script err.D_OP_WRITE.args.d: [D_OP_WRITE] line 3: operator = cannot change what is read-only
    	args[0] = 1;
    	^~~~~~~
    hint: args[ ] is set by DTrace

dtrace: failed to compile script err.D_OP_WRITE.builtin.d: [D_OP_WRITE] line 3: operator = cannot change what is read-only
    	pid = 1;
    	^~~
    hint: pid is set by DTrace

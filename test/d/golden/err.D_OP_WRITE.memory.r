dtrace: failed to compile script err.D_OP_WRITE.memory.d: [D_OP_WRITE] line 3: operator = cannot change what is read-only
    	*(int *)arg0 = 1;
    	^~~~~~~~~~~~
    hint: memory can be read only

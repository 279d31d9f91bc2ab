dtrace: failed to compile script err.D_OP_INCOMPAT.stack.d: [D_OP_INCOMPAT] line 3: operands are of incompatible types: "stack" = "stack"
    	x = stack();
    	^~~~~~~~~~~
    hint: a stack is recorded by stack(), printed by %k, or a key of an aggregation

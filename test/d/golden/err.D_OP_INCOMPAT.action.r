dtrace: failed to compile script err.D_OP_INCOMPAT.action.d: [D_OP_INCOMPAT] line 3: operands are of incompatible types: "void" = "void"
    	x = trace(1);
    	^~~~~~~~~~~~
    hint: trace( ) is an action: it can only be a statement of its own

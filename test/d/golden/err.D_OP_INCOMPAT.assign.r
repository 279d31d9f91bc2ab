dtrace: failed to compile script err.D_OP_INCOMPAT.assign.d: [D_OP_INCOMPAT] line 4: operands are of incompatible types: "int" = "string"
    	x = "one";
    	^~~~~~~~~

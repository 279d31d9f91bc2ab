dtrace: failed to compile script err.D_OP_ACT.comma.d: [D_OP_ACT] line 3: an action cannot be an operand of ,
    	trace((trace(1), 2));
    	       ^~~~~~~~~~~
    hint: trace( ) is an action: it can only be a statement of its own

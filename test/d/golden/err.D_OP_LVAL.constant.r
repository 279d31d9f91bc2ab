dtrace: failed to compile script err.D_OP_LVAL.constant.d: [D_OP_LVAL] line 3: operator = can only change a variable
    	1 = 2;
    	^

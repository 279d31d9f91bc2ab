dtrace: failed to compile script err.D_ADDROF_LVAL.constant.d: [D_ADDROF_LVAL] line 3: operator & requires something in memory as its operand
    	trace(&1);
    	      ^~

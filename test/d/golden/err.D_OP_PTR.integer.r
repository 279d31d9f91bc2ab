dtrace: failed to compile script err.D_OP_PTR.integer.d: [D_OP_PTR] line 3: operator -> requires a pointer on its left
    	trace(pid->p_pid);
    	      ^~~~~~~~~~

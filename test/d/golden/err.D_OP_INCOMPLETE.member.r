dtrace: failed to compile script err.D_OP_INCOMPLETE.member.d: [D_OP_INCOMPLETE] line 3: operator -> requires a complete type: no definition of struct proc is available
    	trace(((struct proc *)arg0)->p_pid);
    	      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~

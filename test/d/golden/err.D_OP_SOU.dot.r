dtrace: failed to compile script err.D_OP_SOU.dot.d: [D_OP_SOU] line 3: operator . requires a structure or union, not "pid_t"
    	trace(pid.x);
    	      ^~~~~

dtrace: failed to compile script err.D_ARR_LOCAL.read.d: [D_ARR_LOCAL] line 3: clause-local variable a cannot be an associative array
    	trace(this->a[1]);
    	      ^~~~~~~
    hint: use a thread-local array: self->a

dtrace: failed to compile script err.D_ARR_LOCAL.assign.d: [D_ARR_LOCAL] line 3: clause-local variable a cannot be an associative array
    	this->a[1] = 2;
    	^~~~~~~
    hint: use a thread-local array: self->a

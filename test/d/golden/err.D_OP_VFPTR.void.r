dtrace: failed to compile script err.D_OP_VFPTR.void.d: [D_OP_VFPTR] line 4: operator ++ requires a pointer to something of known size
    	this->p++;
    	^~~~~~~~~

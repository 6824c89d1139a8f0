import os,random,gzip,zipfile,io,math,shutil
import numpy as np
from PIL import Image
class Out:
    def __init__(s,root): s.root=root; s.items=[]
    def path(s,n):
        p=os.path.join(s.root,n); os.makedirs(os.path.dirname(p),exist_ok=True); return p
    def w(s,n,t,enc='utf-8'):
        open(s.path(n),'wb').write(t if isinstance(t,bytes) else t.encode(enc))
    def add(s,target,kind,what,right,epochs=30,sets=()):
        s.items.append((target,kind,what,right,epochs,sets))
    def readme(s,head): print(s.root,len(s.items),'entries')
def png(a,mode=None,fmt='png',**k):
    b=io.BytesIO(); Image.fromarray(np.asarray(a,np.uint8)).save(b,fmt,**k); return b.getvalue()
def npy(a):
    b=io.BytesIO(); np.save(b,a); return b.getvalue()
def npz(**k):
    b=io.BytesIO(); np.savez_compressed(b,**k); return b.getvalue()
def idx(a):
    import struct
    return bytes([0,0,8,a.ndim])+struct.pack('>%dI'%a.ndim,*a.shape)+a.astype(np.uint8).tobytes()

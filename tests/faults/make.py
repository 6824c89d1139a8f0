import sys; sys.path.insert(0,__import__('os').path.dirname(__import__('os').path.abspath(__file__))); from faultlib import *
O=Out('.'); random.seed(3); R=np.random.default_rng(3)
for e in os.listdir(O.root):
    if e not in ('make.py','faultlib.py','README.md','.gitattributes'):
        p=os.path.join(O.root,e); shutil.rmtree(p) if os.path.isdir(p) else os.remove(p)
def bar(k,j,n=8):
    a=np.zeros((n,n),np.uint8)
    if k==0: a[:,(j%(n-2)):(j%(n-2))+2]=220
    else: a[(j%(n-2)):(j%(n-2))+2,:]=220
    return a
# K1
t='rooms,area,price\n'
for i in range(60):
    r,a=random.randint(1,6),random.randint(40,200); t+='%d,%d,%d\n'%(r,a,50000+30000*r+900*a+random.randint(-3000,3000))
O.w('house_prices.csv',t)
O.add('house_prices.csv','K1 regression on targets of ordinary size','60 houses, price in whole money; a straight line explains over 99 %','inputs are standardised, targets are not: the loss stays at or above that of always answering the mean (or runs away), and where it does not run away, exit 0. Right: scale targets from the training part (undo it for display), and print R2 or "as good as the mean" beside the loss.',100)
rr=random.Random(1); t='a,b,target_value\n'
for i in range(60):
    p,q=rr.random()*9,rr.randint(1,6); t+='%.2f,%d,%.2f\n'%(p,q,150+10*(p/3+q+rr.random()*.3))
O.w('targets_near_200.csv',t)
O.add('targets_near_200.csv','K1 regression on targets of ordinary size','60 rows, a linear target between 160 and 240','no stop, exit 0, and a loss some 160 times that of always answering the mean (half the variance of the targets is about 200). Right: as for house_prices.csv.',50)
# K2
t=''
for i in range(30):
    k=i%2+1; x=R.normal(size=12)*.2+np.sin(np.arange(12)*.5*k); t+='%d\t'%k+'\t'.join('%.3f'%v for v in x)+'\n'
O.w('series_TRAIN.tsv',t)
O.add('series_TRAIN.tsv','K2 the wrong column is learnt','UCR archive layout: tab-separated, no header, class first','the last time step is approximated, the class is an input. Right: a first column of few whole numbers before columns of reals is the class (or: refuse to guess and ask).')
t=''
for i in range(36):
    k=i%3+1; t+='%d,%.2f,%.2f,%d\n'%(k,k+R.normal()*.2,3-k+R.normal()*.2,500+200*k+R.integers(0,99))
O.w('class_first.data',t)
O.add('class_first.data','K2 the wrong column is learnt','UCI wine layout: no header, class 1..3 first, a whole-numbered measurement last','the measurement is approximated, the class is an input. Right: as for series_TRAIN.tsv.')
t='x,y,cluster\n'
for i in range(40):
    c=i%3; t+='%.2f,%.2f,%d\n'%(3*c+R.normal()*.4,R.normal()*.4+(c%2)*3,c)
O.w('points_xy.csv',t)
O.add('points_xy.csv','K2 the wrong column is learnt','coordinates x and y, and the cluster','y is approximated because of its name; the cluster is an input. Right: beside a column x, y is a coordinate; the last column of few whole numbers is the class.')
rows=['%d,%.1f,%d'%(i%5,(i%7)*.5+c*4,c) for c in (0,1) for i in range(2200 if c==0 else 400)]
O.w('sorted_by_class.csv.gz',gzip.compress(('\n'.join(rows)+'\n').encode(),mtime=0))
O.add('sorted_by_class.csv.gz','K2 the wrong column is learnt','2,600 rows sorted by class, class last, a small whole number first','only the first 2,000 rows are looked at: the last column seems constant, so the first is learnt. Right: look at all rows (or a spread of them) before calling a column constant.')
t='model,mpg,weight,cylinders\n'+''.join('maker %d,%.1f,%d,%d\n'%(i,45-4*c,1500+300*c,c) for i,c in enumerate([4,6,8]*8))
O.w('names_first.csv',t)
O.add('names_first.csv','K2 the wrong column is learnt','a different name in every row, then numbers (R mtcars, auto-mpg)','the names become 24 classes of one example each; with data.label=mpg the name column stops reading. Right: a text column where (nearly) every row differs is no class: leave it out with a note.')
t='id,survived,age,fare\n'+''.join('%d,%d,%d,%.2f\n'%(i+1,i%2,20+i%40,8+30*(i%2)+R.random()) for i in range(40))
O.w('class_second.csv',t)
O.add('class_second.csv','K2 the wrong column is learnt','Kaggle Titanic made numeric: survived is second, fare last','fare is approximated. Right: names such as survived, outcome, diagnosis, target, quality, churn, default, is_… count as labels; and train says which column it learns.')
t=','.join('pixel%d'%i for i in range(16))+'\n'+''.join(','.join(str((i*j*37)%200) for j in range(16))+'\n' for i in range(20))
O.w('pixels_without_label.csv',t)
O.add('pixels_without_label.csv','K2 the wrong column is learnt','a test file of pictures: every column is called pixelN, there is no label','pixel15 is learnt. Right: "no column to learn; pixel0 to pixel15 are pictures without labels".')
# K3
def flower(first,head):
    t=head
    for i in range(45):
        k=i//15; t+=first(i,k)+'%.1f,%.1f,%s\n'%(5+k+R.normal()*.8,3-k*.3+R.normal()*.5,['red','green','blue'][k])
    return t
O.w('row_numbers.csv',flower(lambda i,k:'%d,'%i,',length,width,kind\n'))
O.add('row_numbers.csv','K3 a column that gives the answer away is an input','pandas to_csv with its index: first column unnamed, 0, 1, 2, …; rows sorted by class','the row number is an input and tells the class: accuracy far above what length and width allow, no note. Right: a first column that counts up by one (unnamed, id, index, Unnamed: 0, row names) is left out with a note.',50)
O.w('class_code.csv',flower(lambda i,k:'%d,'%(k+1),'kind_id,length,width,kind\n'))
O.add('class_code.csv','K3 a column that gives the answer away is an input','kind and kind_id hold the same thing (plotly iris)','100 %. Right: note "kind_id tells kind exactly; left out" (a column in one-to-one relation with the classes).')
# K4
O.w('float_labels.csv',''.join('%.6e,%.6e,%.18e\n'%(R.normal()+2*k,R.normal(),k) for k in [i%3 for i in range(36)]))
O.add('float_labels.csv','K4 classes or values, guessed wrongly','numpy.savetxt: classes 0, 1, 2 written as 1.000000000000000000e+00','read as values and approximated with one output. Right: whole numbers in any notation are whole numbers.')
O.w('few_rows.csv','rooms,area,price\n'+''.join('%d,%d,%d\n'%(i%5+1,40+7*i,100000+5100*i) for i in range(18)))
O.add('few_rows.csv','K4 classes or values, guessed wrongly','18 houses with 18 different prices','up to 20 distinct whole numbers always become classes: 18 classes of one example, accuracy 0 %. Right: classes only where values repeat (say at least 2 to 3 examples each).')
# K5
O.w('numbered_columns.csv','0,1,2,3\n'+''.join('%.1f,%.1f,%.1f,%d\n'%(R.normal()+k,R.normal(),R.normal(),k) for k in [i%2 for i in range(30)]))
O.add('numbered_columns.csv','K5 a header of numbers becomes an example','pandas without column names writes 0,1,2,3 as header','31 examples and classes 0 to 3. Right: a first row that counts 0,1,2,… (or 1,2,3,…) is a header.')
# K6
O.w('numbers_in_txt/X_train.txt',''.join('  %.5e  %.5e  %.5e\n'%tuple(R.normal(size=3)+k) for k in [i%2 for i in range(12)])); O.w('numbers_in_txt/y_train.txt',''.join('%d\n'%(i%2+1) for i in range(12)))
O.add('numbers_in_txt','K6 numbers read as text','UCI HAR layout: X_train.txt and y_train.txt, numbers parted by blanks','read letter by letter, classes "X_train" and "y_train"; equal lines dropped; trains to 100 %. Right: read them as inputs and labels, or refuse: "these .txt files hold numbers".')
# K7
b=io.BytesIO()
with zipfile.ZipFile(b,'w') as z: z.writestr('[Content_Types].xml','<Types/>'); z.writestr('xl/workbook.xml','<workbook/>'); z.writestr('xl/media/image1.png',png(bar(0,1)))
O.w('book.xlsx',b.getvalue())
O.add('book.xlsx','K7 an office file taken for pictures','an Excel book with one picture in it','"pictures in a zip archive", class "media", test loss NaN, exit 0. Right: "an Excel book (.xlsx); save the sheet as CSV", told by [Content_Types].xml.')
# K8
l='id,label\n'
for k in (0,1):
    for j in range(6): O.w('pictures_and_csv/train/p%d%d.png'%(k,j),png(bar(k,j))); l+='p%d%d,%s\n'%(k,j,['up','across'][k])
O.w('pictures_and_csv/labels.csv',l)
O.add('pictures_and_csv','K8 nothing to learn, trained all the same','Kaggle layout: all pictures in train/, classes in labels.csv','one class "train", 100 % accuracy, exit 0; only inspect has a note. Right: read labels.csv (file name, label), or refuse to train with one class; train prints notes too.')
# K9
for k in (0,1):
    for j in range(6):
        a=np.zeros((8,8,4),np.uint8); a[...,3]=bar(k,j); O.w('shape_in_alpha/%s/%d.png'%('ab'[k],j),png(a))
O.add('shape_in_alpha','K9 what a viewer shows is not what is learnt','icons: black, the shape in the alpha channel alone','all pictures become black (values 0 to 0); "transparency dropped" is the only word. Right: lay them over white (or black, as chosen) as every viewer does; at least a note that all pictures are equal.')
for k in (0,1):
    for j in range(4):
        e=Image.Exif(); im=Image.fromarray(np.kron(bar(k,j),np.ones((2,2),np.uint8)))
        if j%2: e[0x0112]=6; im=im.transpose(Image.ROTATE_90)
        q=io.BytesIO(); im.save(q,'jpeg',quality=90,exif=e); O.w('turned_by_exif/%s/%d.jpg'%(['upright','lying'][k],j),q.getvalue())
O.add('turned_by_exif','K9 what a viewer shows is not what is learnt','phone photos: every second one is stored lying, EXIF orientation 6','orientation is ignored, so upright and lying get mixed. Right: apply it (the image crate has it), before the size is compared.')
# K10
for k in (0,1):
    for j in range(6): O.w('png_and_webp/%s/%d.%s'%('ab'[k],j,'png' if j<2 else 'webp'),png(bar(k,j)) if j<2 else png(np.repeat(bar(k,j)[:,:,None],3,2),fmt='webp',lossless=True))
O.add('png_and_webp','K10 part of the data left out in silence','8 of 12 pictures are WebP','"8 files left out: no example of this kind", in inspect alone. Right: read WebP, BMP, GIF, TIFF (features of the image crate), or "8 pictures in WebP are not read".')
for k in (0,1):
    for j in range(5): O.w('deeper/%s/%s%d.png'%('ab'[k],'more/' if k and j else '',j),png(bar(k,j)))
O.add('deeper','K10 part of the data left out in silence','one class has its pictures a folder deeper','4 of 5 of that class are left out. Right: take pictures at any depth below a class folder.')
X=R.normal(size=(40,3)); y=(X[:,0]>0).astype(int)
O.w('own_validation.npz',npz(x_train=X[:20],y_train=y[:20],x_val=X[20:30],y_val=y[20:30],x_test=X[30:],y_test=y[30:]))
O.add('own_validation.npz','K10 part of the data left out in silence','x_train, x_val and x_test','x_val is dropped without a word and validation is cut from x_train. Right: use it, as folders "val" are.')
# K11
h='@problemName p\n@timeStamps false\n@univariate true\n@classLabel true 1 2\n@data\n'
def serie(k):
    c=15+30*k+R.integers(-3,4); return np.exp(-((np.arange(120)-c)/6.)**2)+R.normal(size=120)*.05
for part,n in (('TRAIN',24),('TEST',40)):
    O.w('bump/bump_%s.ts.gz'%part,gzip.compress((h+''.join(','.join('%.2f'%v for v in serie(i%2))+':%d\n'%(i%2+1) for i in range(n))).encode(),mtime=0))
O.add('bump/bump_TRAIN.ts.gz','K11 the proposed network does not learn series','120 steps of one number, a bump early or late (logistic regression on the flat rows: 100 %)','{ rnn = 32 } read to the end stays near chance; nothing is said. Right: for fixed length (and one channel) propose dense layers or a convolution over time, or an init (identity, orthogonal) and rate that carry 120 steps; measure on the UCR sets that aeon ships.',60)
O.w('steps/X_train.npy',npy((np.cumsum(R.normal(size=(24,10,2)),1)).astype('f4'))); O.w('steps/y_train.npy',npy(np.arange(24)%2))
O.add('steps','K11 series taken for pictures','X (examples, 10 steps, 2 channels)','"images 1 x 10 x 2". Right: ask, or take a last axis far shorter than the one before as channels of a series; say that data.rows = "series" reads it so.')
# K12
O.w('two_channels/images.npy',npy(np.stack([[np.stack([bar(i%2,i),255-bar(i%2,i)],-1)] for i in range(24)])[:,0])); O.w('two_channels/labels.npy',npy(np.arange(24)%2))
O.add('two_channels/images.npy','K12 bytes that are not scaled','pictures 8 x 8 of 2 channels, channels last, bytes','shape "8 x 8 x 2 (channels x height x width)": the wrong order, and bytes 0 to 255 go in "as stored". Right: any channel count up to, say, 16 in the last place; bytes are divided by 255 whatever the shape.')
# K13
O.w('text_feature.csv','island,mass,sex,species\n'+''.join('%s,%d,%s,%s\n'%(['north','south'][i%2],3000+i*9,['f','m'][i//2%2],['adelie','gentoo'][i//20]) for i in range(40)))
O.add('text_feature.csv','K13 ordinary tables are refused','two columns of categories beside the label (penguins, Titanic, tips, adult, heart disease, diamonds)','refused, and no option leaves a column out or encodes it. Right: one-hot for a few categories (say up to 20), leave out the rest with a note; data.columns or data.ignore to choose.')
O.w('missing_values.csv','a,b,kind\n'+''.join('%s,%.1f,%s\n'%('' if i%9==4 else '?' if i==7 else '%.1f'%R.normal(),R.normal(),'xy'[i%2]) for i in range(30)))
O.add('missing_values.csv','K13 ordinary tables are refused','four empty fields and a question mark','refused at the first. Right: the mean of the training part and a note "5 missing values in 1 column", or data.missing = "mean" or "drop-row" named in the refusal.')
O.w('blanks.data',''.join('%.2f   %.2f  %.2f   %d\n'%(*R.normal(size=3),i%3+1) for i in range(30)))
O.add('blanks.data','K13 ordinary tables are refused','columns parted by blanks (UCI seeds, yeast, ecoli, auto-mpg, housing; numpy.savetxt)','"1 column". Right: runs of blanks part columns.')
O.w('decimal_comma.csv','länge;breite;art\n'+''.join('%s;%s;%s\n'%(('%.1f'%(i*.3)).replace('.',','),('%.1f'%(9-i*.2)).replace('.',','),'ab'[i%2]) for i in range(30)))
O.add('decimal_comma.csv','K13 ordinary tables are refused','semicolons and decimal commas, as Excel writes in half of Europe','refused as text columns. Right: with another separator, 1,5 is a number.')
O.w('comment_lines.csv','# measured on Monday\n# unit: cm\na,b,kind\n'+''.join('%d,%d,%s\n'%(i%7,i%5,'xy'[i%2]) for i in range(30)))
O.add('comment_lines.csv','K13 ordinary tables are refused','two lines that begin with #','"1 column". Right: leave out leading lines that begin with # or %.')
O.w('trailing_separator.csv','a,b,kind,\n'+''.join('%d,%d,%s,\n'%(i%7,i%5,'xy'[i%2]) for i in range(30)))
O.add('trailing_separator.csv','K13 ordinary tables are refused','every line ends in a comma (Kaggle breast cancer)','"4 is missing". Right: an empty last column is dropped; also where the header alone has it.')
O.w('booleans.csv','smokes,age,ill\n'+''.join('%s,%d,%s\n'%(i%3==0,20+i,i>15) for i in range(30)))
O.add('booleans.csv','K13 ordinary tables are refused','True and False','refused as two text columns. Right: True/False, yes/no are 0 and 1.')
O.w('count_header.csv','30,2,no,yes\n'+''.join('%.1f,%.1f,%d\n'%(R.normal()+k,R.normal(),k) for k in [i%2 for i in range(30)]))
O.add('count_header.csv','K13 ordinary tables are refused','scikit-learn\'s own files: first line = rows, columns, class names (breast_cancer.csv, wine_data.csv)','"line 2: expected 4 fields, found 3". Right: read the line for what it is, or leave it out with a note. (Its iris.csv loads because 4 + 1 = 5 fields happen to fit; the class is then called "virginica".)')
O.w('utf16.csv','a,b,kind\n'+''.join('%d,%d,%s\n'%(i%7,i%5,'xy'[i%2]) for i in range(30)),'utf-16')
O.add('utf16.csv','K13 ordinary tables are refused','UTF-16 with its mark (Excel "Unicode text", PowerShell >)','"no table of text". Right: decode it, or say "is UTF-16; save as UTF-8".')
# K14
O.w('flowers.arff','@relation flowers\n@attribute length numeric\n@attribute kind {a,b}\n@data\n'+''.join('%.1f,%s\n'%(i*.1,'ab'[i%2]) for i in range(20)))
O.add('flowers.arff','K14 a refusal that misleads','Weka / OpenML ARFF','read as .ts: "neither @classLabel nor @targetLabel is true". Right: read ARFF, or "an ARFF file; save as CSV".')
b=io.BytesIO()
with zipfile.ZipFile(b,'w',zipfile.ZIP_DEFLATED) as z: z.writestr('train.csv','a,b,kind\n'+''.join('%d,%d,%s\n'%(i%7,i%5,'xy'[i%2]) for i in range(30)))
O.w('archive.zip',b.getvalue())
O.add('archive.zip','K14 a refusal that misleads','a CSV in a zip, as every Kaggle download','"no array of inputs; expected x and y". Right: read the one table (or IDX pair) inside, or "unpack it".')
g=gzip.compress(('a,b,kind\n'+''.join('%d,%d,%s\n'%(R.integers(99),R.integers(99),'xy'[i%2]) for i in range(200))).encode(),mtime=0)
O.w('cut.csv.gz',g[:len(g)//2])
O.add('cut.csv.gz','K14 a refusal that misleads','half of a packed CSV (a broken download)','"not an IDX file (magic …)". Right: "gzip ends too early" in the words of a table.')
for c in ('pos','neg'):
    for j in range(4): O.w('texts_by_folder/train/%s/%d.txt'%(c,j),'a %s film %d\n'%({'pos':'good','neg':'bad'}[c],j))
O.add('texts_by_folder','K14 a refusal that misleads','a folder per class, a text a file (IMDB, 20 newsgroups)','"without data known here; expected … a folder of text files by class". Right: read it, or say that a file per class with a line per example is what is read.')
for k in (0,1):
    for j in range(3): O.w('webp_only/%s/%d.webp'%('ab'[k],j),png(np.repeat(bar(k,j)[:,:,None],3,2),fmt='webp'))
O.add('webp_only','K14 a refusal that misleads','pictures by class, all WebP','"a folder without data known here". Right: "pictures in WebP; expected PNG or JPEG".')
O.w('one_label_short/X.npy',npy(R.normal(size=(12,3)))); O.w('one_label_short/y.npy',npy(np.arange(11)%2))
O.add('one_label_short/X.npy','K14 a refusal that misleads','12 examples, 11 labels in y.npy','"has no labels … none found". Right: "y.npy has 11 labels for 12 examples". (The folder itself, the usual X.npy + y.npy, is refused as "several data files".)')
b=io.BytesIO()
with zipfile.ZipFile(b,'w') as z:
    for k in (0,1):
        for j in range(3):
            i=zipfile.ZipInfo('x'); i.filename='pics\\%s\\%d.png'%('ab'[k],j); z.writestr(i,png(bar(k,j)))
O.w('windows.zip',b.getvalue())
O.add('windows.zip','K14 a refusal that misleads','backslashes in names (PowerShell Compress-Archive of old, .NET)','"no class folders found". Right: a backslash parts folders too.')
for part in ('training_set','test_set'):
    for k in (0,1):
        for j in range(3): O.w('set_folders/%s/%s/%d.png'%(part,['cats','dogs'][k],j),png(bar(k,j)))
O.add('set_folders','K14 a refusal that misleads','training_set and test_set, as in the best-known cats and dogs archive (also seg_train/seg_train, train/<class>/images)','"no class folders found". Right: names that begin or end with train, test, val count; a part folder in a part folder too; at least name what was found.')
# K15
O.w('competition/train.csv','id,a,b,label\n'+''.join('%d,%d,%d,%d\n'%(i,i%7,i%5,i%2) for i in range(30))); O.w('competition/test.csv','id,a,b\n'+''.join('%d,%d,%d\n'%(i,i%7,i%5) for i in range(10)))
O.add('competition/train.csv','K15 a file beside it forbids training','Kaggle: train.csv, and a test.csv without the label','"test.csv, line 1: expected 4 fields, found 3". Right: a test table without the label is left out with a note, and train.csv is split by itself.')
# K16
for k in (0,1): O.w('two_pictures/%s/0.png'%'ab'[k],png(bar(k,0)))
O.add('two_pictures','K16 NaN in the result','two pictures, so no test part','"test loss NaN (0 examples)", exit 0. Right: "nothing to test on" instead of a number.')
# K17
O.w('labels_0_4000.csv','a,b,label\n'+''.join('%.2f,%.2f,%d\n'%(R.random(),R.random(),i%2*4000) for i in range(30)))
O.add('labels_0_4000.csv','K17 class names are changed','two classes, 0 and 4000','4,001 classes and outputs. Right: where most numbers in between never occur, the numbers that occur are the classes (as already when the least is not 0).')
O.w('codes.csv','a,b,code\n'+''.join('%.2f,%.2f,%s\n'%(R.random(),R.random(),['01','1','001'][i%3]) for i in range(30)))
O.add('codes.csv','K17 class names are changed','codes 01, 1 and 001','merged into one class "1" in silence. Right: labels with leading zeros are words.')
# more of the kinds
def ring(k,j,n=9):
    a=np.zeros((n,n),np.uint8); y,x=np.mgrid[0:n,0:n]; d=np.hypot(y-4,x-4)
    a[(d<2+j%3) if k else ((d>2)&(d<4))]=200-5*j; return a
O.w('acceleration.csv','x,y,z,activity\n'+''.join('%d,%d,%d,%d\n'%(*(R.normal(size=3)*80+2000+100*(i%4)),i%4+1) for i in range(60)))
O.add('acceleration.csv','K2 the wrong column is learnt','x, y, z of a sensor and the activity','y is approximated. Right: activity is the class.')
O.w('names_last.csv','18,8,307,"maker one a"\n'+''.join('%d,%d,%d,"maker %d b"\n'%(40-3*c,c,c*40,i) for i,c in enumerate([4,6,8]*8)))
O.add('names_last.csv','K2 the wrong column is learnt','no header, a different name at the end of every row (auto-mpg as mlxtend ships it)','25 classes of one example. Right: the first column (values), the names left out with a note.')
O.w('one_hot.csv','a,b,is_red,is_green,is_blue\n'+''.join('%.2f,%.2f,%d,%d,%d\n'%(R.normal()+k,R.normal(),k==0,k==1,k==2) for k in [i%3 for i in range(45)]))
O.add('one_hot.csv','K3 a column that gives the answer away is an input','the class as three columns of 0 and 1 at the end','is_blue is learnt from is_red and is_green: 100 %. Right: a note that the last three columns are one class in three columns.')
O.w('visits.csv','age,dose,visits\n'+''.join('%d,%d,%d\n'%(a,d,a//5+d) for a,d in zip(R.integers(20,80,60),R.integers(0,9,60))))
O.add('visits.csv','K4 classes or values, guessed wrongly','a count of 5 to 23 visits in 60 rows','about 18 classes, unordered. Right: values (or a note that numbers are taken as unordered classes, and how to change it).')
O.w('always_yes.csv','a,b,answer\n'+''.join('%d,%d,yes\n'%(i%7,i%5) for i in range(30)))
O.add('always_yes.csv','K8 nothing to learn, trained all the same','one answer in all rows','100 %, exit 0. Right: refused, or train says it too.')
for k in (0,1):
    for j in range(4):
        e=Image.Exif(); a=np.zeros((12,18),np.uint8); a[(2 if k==0 else 8):(4 if k==0 else 10),:]=220-j; im=Image.fromarray(a)
        if j%2: e[0x0112]=8; im=im.transpose(Image.ROTATE_270)
        q=io.BytesIO(); im.save(q,'jpeg',quality=90,exif=e); O.w('turned_8/%s/%d.jpg'%(['top','bottom'][k],j),q.getvalue())
O.add('turned_8','K9 what a viewer shows is not what is learnt','18 x 12 photos, every second one stored 12 x 18 with orientation 8','refused: "picture is 12x18; expected 18x12". Right: all are 18 x 12 once turned.')
for k in (0,1):
    for j in range(6): O.w('png_and_bmp/%s/%d.%s'%('ab'[k],j,'png' if j<3 else 'bmp'),png(ring(k,j)) if j<3 else png(ring(k,j),fmt='bmp'))
O.add('png_and_bmp','K10 part of the data left out in silence','half of the pictures are BMP','"6 files left out: no example of this kind". Right: read, or named by format.')
for part,cl in (('train',('a','b')),('test',('a','b','c'))):
    for c in cl:
        for j in range(3): O.w('class_only_in_test/%s/%s/%d.png'%(part,c,j),png(ring('abc'.index(c)%2,j)))
O.add('class_only_in_test','K10 part of the data left out in silence','a class that is in test alone','no note that c is never seen in training. Right: a note.')
O.w('trace_like.npz',npz(X_train=np.sin(np.arange(40)[None,:,None]*(.2+.2*(np.arange(20)%2))[:,None,None])+R.normal(size=(20,40,1))*.1,y_train=np.arange(20)%2+1,X_test=np.sin(np.arange(40)[None,:,None]*(.2+.2*(np.arange(12)%2))[:,None,None]),y_test=np.arange(12)%2+1))
O.add('trace_like.npz','K11 series taken for pictures','(examples, 40 steps, 1), as tslearn ships Trace','"1 x 40 x 1 (channels x height x width)". Right: series of 40 steps.')
O.w('units.csv','length,mass,kind\ncm,kg,\n'+''.join('%.1f,%.1f,%s\n'%(*R.random(2)*9,'pq'[i%2]) for i in range(24)))
O.add('units.csv','K13 ordinary tables are refused','a second line with units','refused at "cm". Right: left out with a note.')
O.w('total_line.csv','a,b,kind\n'+''.join('%d,%d,%s\n'%(i%7,i%5,'xy'[i%2]) for i in range(24))+'Total: 24 rows\n')
O.add('total_line.csv','K13 ordinary tables are refused','a last line with a total','"line 26: expected 3 fields, found 1". Right: acceptable as a refusal if it says that the last line is no row.')
O.w('thousands.csv','people,area,kind\n'+''.join('"%s",%d,%s\n'%(f'{1000+137*i:,}',i%9,'xy'[i%2]) for i in range(24)))
O.add('thousands.csv','K13 ordinary tables are refused','"1,137" with thousands separators','refused as text. Right: read as 1137, or "has thousands separators".')
O.w('words/X.npy',npy(R.normal(size=(12,3)))); O.w('words/y.npy',npy(np.array(['cat','dog']*6)))
O.add('words/X.npy','K14 a refusal that misleads','y.npy holds words (<U3)','"no labels were found". Right: read the words, or "y.npy holds text (<U3); expected numbers".')
for part in ('train','val'):
    for k in (0,1):
        for j in range(3): O.w('tiny_net/%s/n0%d/images/%d.JPEG'%(part,k,j),png(ring(k,j),fmt='jpeg')) if part=='train' else O.w('tiny_net/val/images/v%d%d.JPEG'%(k,j),png(ring(k,j),fmt='jpeg'))
O.add('tiny_net','K14 a refusal that misleads','Tiny ImageNet: train/<class>/images, val/images with a list','"no pictures to train on; expected some in a folder train": there are. Right: read train, leave out val with a note.')
a=np.stack([ring(i%2,i) for i in range(30)]); y=(np.arange(30)%2)[:,None].astype('u1')
O.w('qmnist/qmnist-train-images-idx3-ubyte',idx(a[:12])); 
q=np.zeros((12,8),'>i4'); q[:,0]=np.arange(12)%2
O.w('qmnist/qmnist-train-labels-idx2-int',bytes([0,0,12,2])+(12).to_bytes(4,'big')+(8).to_bytes(4,'big')+q.tobytes())
O.add('qmnist','K14 a refusal that misleads','QMNIST: labels in 8 columns of 32-bit numbers','"no label file … idx1-ubyte beside it". Right: the first column is the class.')
O.readme('# Faults found with data as people have them\n\nMade by `python3 make.py` (every input is generated; no found data). One entry each: what it is, what pcscope of 28 Nov 2026 did, what is right, which kind it stands for.\n')

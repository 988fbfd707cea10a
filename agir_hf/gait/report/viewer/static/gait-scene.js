/*! gait-scene, with three.js 0.187.0 (MIT, LICENSE-three.txt); sources sha256 d6b0df880f94cce3ac09c28ac710534cfbbf18835d44ae998d46a008ff7e7675 */
(()=>{var fn={LEFT:0,MIDDLE:1,RIGHT:2,ROTATE:0,DOLLY:1,PAN:2},un={ROTATE:0,PAN:1,DOLLY_PAN:2,DOLLY_ROTATE:3},Gl=0,ba=1,zl=2;var Yi=1,kl=2,dn=3,hi=0,ft=1,ti=2,qi=0,Ki=1,wa=2,Ra=3,Ca=4,Hl=5;var Zi=100,Vl=101,Wl=102,Xl=103,Yl=104,ql=200,Kl=201,Zl=202,Jl=203,Js=204,$s=205,$l=206,Ql=207,jl=208,eh=209,th=210,ih=211,nh=212,rh=213,sh=214,wr=0,Rr=1,Cr=2,Ji=3,Pr=4,Lr=5,Dr=6,Ir=7,Rn=0,oh=1,ah=2,ii=0,Qs=1,js=2,eo=3,to=4,io=5,no=6,ro=7,Pa="attached",lh="detached",La=300,pn=301,Ur=302,so=303,oo=304,Nr=1e3,gi=1001,Fr=1002,ot=1003,hh=1004;var Or=1005;var St=1006,ao=1007;var xi=1008;var wt=1009,lo=1010,ho=1011,Ii=1012,Cn=1013,Bt=1014,ut=1015,Jt=1016,Pn=1017,Ln=1018,Ui=1020,co=35902,fo=35899,uo=1021,po=1022,qt=1023,ci=1026,Mi=1027,Dn=1028,In=1029,Si=1030,Un=1031;var Nn=1033,Fn=33776,On=33777,Bn=33778,Gn=33779,Br=35840,Gr=35841,zr=35842,kr=35843,Hr=36196,Vr=37492,Wr=37496,Xr=37488,Yr=37489,mn=37490,qr=37491,Kr=37808,Zr=37809,Jr=37810,$r=37811,Qr=37812,jr=37813,es=37814,ts=37815,is=37816,ns=37817,rs=37818,ss=37819,os=37820,as=37821,ls=36492,hs=36494,cs=36495,fs=36283,us=36284,_n=36285,ds=36286;var ch=3200;var ps=0,fh=1,fi="",Ut="srgb",ms="srgb-linear",gn="linear",He="srgb";var mo=7680;var uh=519,dh=512,ph=513,mh=514,_o=515,_h=516,gh=517,go=518,xo=519,Mo=35044,xh=35048;var Da="300 es",Nt=2e3,Ni=2001;function Sh(n){for(let e=n.length-1;e>=0;--e)if(n[e]>=65535)return!0;return!1}function kn(n){return document.createElementNS("http://www.w3.org/1999/xhtml",n)}function yh(){let n=kn("canvas");return n.style.display="block",n}var Mh={},zn=null;function Hn(...n){let e="THREE."+n.shift();zn?zn("log",e,...n):console.log(e,...n)}function Eh(n){let e=n[0];if(typeof e=="string"&&e.startsWith("TSL:")){let t=n[1];t&&t.isStackTrace?n[0]+=" "+t.getLocation():n[1]='Stack trace not available. Enable "THREE.Node.captureStackTrace" to capture stack traces.'}return n}function me(...n){n=Eh(n);let e="THREE."+n.shift();if(zn)zn("warn",e,...n);else{let t=n[0];t&&t.isStackTrace?console.warn(t.getError(e)):console.warn(e,...n)}}function Ne(...n){n=Eh(n);let e="THREE."+n.shift();if(zn)zn("error",e,...n);else{let t=n[0];t&&t.isStackTrace?console.error(t.getError(e)):console.error(e,...n)}}function xn(...n){let e=n.join(" ");e in Mh||(Mh[e]=!0,me(...n))}function Th(n,e,t){return new Promise(function(i,r){function s(){switch(n.clientWaitSync(e,n.SYNC_FLUSH_COMMANDS_BIT,0)){case n.WAIT_FAILED:r();break;case n.TIMEOUT_EXPIRED:setTimeout(s,t);break;default:i()}}setTimeout(s,t)})}var vh={[wr]:wr,[Cr]:Dr,[Pr]:Pr,[Ji]:Lr,[Rr]:Rr,[Dr]:Cr,[Ir]:Ir,[Lr]:Ji};var Rt=class{addEventListener(e,t){this._listeners===void 0&&(this._listeners={});let i=this._listeners;i[e]===void 0&&(i[e]=[]),i[e].indexOf(t)===-1&&i[e].push(t)}hasEventListener(e,t){let i=this._listeners;return i===void 0?!1:i[e]!==void 0&&i[e].indexOf(t)!==-1}removeEventListener(e,t){let i=this._listeners;if(i===void 0)return;let r=i[e];if(r!==void 0){let s=r.indexOf(t);s!==-1&&r.splice(s,1)}}dispatchEvent(e){let t=this._listeners;if(t===void 0)return;let i=t[e.type];if(i!==void 0){e.target=this;let r=i.slice(0);for(let s=0,o=r.length;s<o;s++)r[s].call(this,e);e.target=null}}};var Gt=["00","01","02","03","04","05","06","07","08","09","0a","0b","0c","0d","0e","0f","10","11","12","13","14","15","16","17","18","19","1a","1b","1c","1d","1e","1f","20","21","22","23","24","25","26","27","28","29","2a","2b","2c","2d","2e","2f","30","31","32","33","34","35","36","37","38","39","3a","3b","3c","3d","3e","3f","40","41","42","43","44","45","46","47","48","49","4a","4b","4c","4d","4e","4f","50","51","52","53","54","55","56","57","58","59","5a","5b","5c","5d","5e","5f","60","61","62","63","64","65","66","67","68","69","6a","6b","6c","6d","6e","6f","70","71","72","73","74","75","76","77","78","79","7a","7b","7c","7d","7e","7f","80","81","82","83","84","85","86","87","88","89","8a","8b","8c","8d","8e","8f","90","91","92","93","94","95","96","97","98","99","9a","9b","9c","9d","9e","9f","a0","a1","a2","a3","a4","a5","a6","a7","a8","a9","aa","ab","ac","ad","ae","af","b0","b1","b2","b3","b4","b5","b6","b7","b8","b9","ba","bb","bc","bd","be","bf","c0","c1","c2","c3","c4","c5","c6","c7","c8","c9","ca","cb","cc","cd","ce","cf","d0","d1","d2","d3","d4","d5","d6","d7","d8","d9","da","db","dc","dd","de","df","e0","e1","e2","e3","e4","e5","e6","e7","e8","e9","ea","eb","ec","ed","ee","ef","f0","f1","f2","f3","f4","f5","f6","f7","f8","f9","fa","fb","fc","fd","fe","ff"],Ah=1234567,Vn=Math.PI/180,_s=180/Math.PI;function zt(){let n=Math.random()*4294967295|0,e=Math.random()*4294967295|0,t=Math.random()*4294967295|0,i=Math.random()*4294967295|0;return(Gt[n&255]+Gt[n>>8&255]+Gt[n>>16&255]+Gt[n>>24&255]+"-"+Gt[e&255]+Gt[e>>8&255]+"-"+Gt[e>>16&15|64]+Gt[e>>24&255]+"-"+Gt[t&63|128]+Gt[t>>8&255]+"-"+Gt[t>>16&255]+Gt[t>>24&255]+Gt[i&255]+Gt[i>>8&255]+Gt[i>>16&255]+Gt[i>>24&255]).toLowerCase()}function Re(n,e,t){return Math.max(e,Math.min(t,n))}function So(n,e){return(n%e+e)%e}function Vd(n,e,t,i,r){return i+(n-e)*(r-i)/(t-e)}function Wd(n,e,t){return n!==e?(t-n)/(e-n):0}function Wn(n,e,t){return(1-t)*n+t*e}function Xd(n,e,t,i){return Wn(n,e,1-Math.exp(-t*i))}function Yd(n,e=1){return e-Math.abs(So(n,e*2)-e)}function qd(n,e,t){return n<=e?0:n>=t?1:(n=(n-e)/(t-e),n*n*(3-2*n))}function Kd(n,e,t){return n<=e?0:n>=t?1:(n=(n-e)/(t-e),n*n*n*(n*(n*6-15)+10))}function Zd(n,e){return n+Math.floor(Math.random()*(e-n+1))}function Jd(n,e){return n+Math.random()*(e-n)}function $d(n){return n*(.5-Math.random())}function Qd(n){n!==void 0&&(Ah=n);let e=Ah+=1831565813;return e=Math.imul(e^e>>>15,e|1),e^=e+Math.imul(e^e>>>7,e|61),((e^e>>>14)>>>0)/4294967296}function jd(n){return n*Vn}function ep(n){return n*_s}function tp(n){return n>0&&Number.isInteger(n)&&2**Math.round(Math.log2(n))===n}function ip(n){return Math.pow(2,Math.ceil(Math.log(n)/Math.LN2))}function np(n){return Math.pow(2,Math.floor(Math.log(n)/Math.LN2))}function rp(n,e,t,i,r){let s=Math.cos,o=Math.sin,a=s(t/2),h=o(t/2),l=s((e+i)/2),c=o((e+i)/2),p=s((e-i)/2),u=o((e-i)/2),d=s((i-e)/2),M=o((i-e)/2);switch(r){case"XYX":n.set(a*c,h*p,h*u,a*l);break;case"YZY":n.set(h*u,a*c,h*p,a*l);break;case"ZXZ":n.set(h*p,h*u,a*c,a*l);break;case"XZX":n.set(a*c,h*M,h*d,a*l);break;case"YXY":n.set(h*d,a*c,h*M,a*l);break;case"ZYZ":n.set(h*M,h*d,a*c,a*l);break;default:me("MathUtils: .setQuaternionFromProperEuler() encountered an unknown order: "+r)}}function Xn(n){switch(n.constructor){case Uint32Array:return 4294967295;case Uint16Array:return 65535;case Uint8Array:case Uint8ClampedArray:return 255;case Int32Array:return 2147483647;case Int16Array:return 32767;case Int8Array:return 127;default:return}}function gs(n,e){if(e.constructor===Float32Array)return n;let t=Xn(e);if(t===void 0)throw new Error("THREE.MathUtils: Invalid component type.");return Math.max(n/t,-1)}function xs(n,e){if(e.constructor===Float32Array)return n;let t=Xn(e);if(t===void 0)throw new Error("THREE.MathUtils: Invalid component type.");return Math.round(n*t)}var Ia={DEG2RAD:Vn,RAD2DEG:_s,generateUUID:zt,clamp:Re,euclideanModulo:So,mapLinear:Vd,inverseLerp:Wd,lerp:Wn,damp:Xd,pingpong:Yd,smoothstep:qd,smootherstep:Kd,randInt:Zd,randFloat:Jd,randFloatSpread:$d,seededRandom:Qd,degToRad:jd,radToDeg:ep,isPowerOfTwo:tp,ceilPowerOfTwo:ip,floorPowerOfTwo:np,setQuaternionFromProperEuler:rp,normalize:xs,denormalize:gs};var ae=class{static{this.prototype.isVector2=!0}constructor(e=0,t=0){this.x=e,this.y=t}get width(){return this.x}set width(e){this.x=e}get height(){return this.y}set height(e){this.y=e}set(e,t){return this.x=e,this.y=t,this}setScalar(e){return this.x=e,this.y=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;default:throw new Error("THREE.Vector2: index is out of range: "+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;default:throw new Error("THREE.Vector2: index is out of range: "+e)}}clone(){return new this.constructor(this.x,this.y)}copy(e){return this.x=e.x,this.y=e.y,this}add(e){return this.x+=e.x,this.y+=e.y,this}addScalar(e){return this.x+=e,this.y+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this}subScalar(e){return this.x-=e,this.y-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this}multiply(e){return this.x*=e.x,this.y*=e.y,this}multiplyScalar(e){return this.x*=e,this.y*=e,this}divide(e){return this.x/=e.x,this.y/=e.y,this}divideScalar(e){return this.multiplyScalar(1/e)}applyMatrix3(e){let t=this.x,i=this.y,r=e.elements;return this.x=r[0]*t+r[3]*i+r[6],this.y=r[1]*t+r[4]*i+r[7],this}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this}clamp(e,t){return this.x=Re(this.x,e.x,t.x),this.y=Re(this.y,e.y,t.y),this}clampScalar(e,t){return this.x=Re(this.x,e,t),this.y=Re(this.y,e,t),this}clampLength(e,t){let i=this.length();return this.divideScalar(i||1).multiplyScalar(Re(i,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this}negate(){return this.x=-this.x,this.y=-this.y,this}dot(e){return this.x*e.x+this.y*e.y}cross(e){return this.x*e.y-this.y*e.x}lengthSq(){return this.x*this.x+this.y*this.y}length(){return Math.sqrt(this.x*this.x+this.y*this.y)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)}normalize(){return this.divideScalar(this.length()||1)}angle(){return Math.atan2(-this.y,-this.x)+Math.PI}angleTo(e){let t=Math.sqrt(this.lengthSq()*e.lengthSq());if(t===0)return Math.PI/2;let i=this.dot(e)/t;return Math.acos(Re(i,-1,1))}distanceTo(e){return Math.sqrt(this.distanceToSquared(e))}distanceToSquared(e){let t=this.x-e.x,i=this.y-e.y;return t*t+i*i}manhattanDistanceTo(e){return Math.abs(this.x-e.x)+Math.abs(this.y-e.y)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this}lerpVectors(e,t,i){return this.x=e.x+(t.x-e.x)*i,this.y=e.y+(t.y-e.y)*i,this}equals(e){return e.x===this.x&&e.y===this.y}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this}rotateAround(e,t){let i=Math.cos(t),r=Math.sin(t),s=this.x-e.x,o=this.y-e.y;return this.x=s*i-o*r+e.x,this.y=s*r+o*i+e.y,this}random(){return this.x=Math.random(),this.y=Math.random(),this}*[Symbol.iterator](){yield this.x,yield this.y}};var Ct=class{constructor(e=0,t=0,i=0,r=1){this.isQuaternion=!0,this._x=e,this._y=t,this._z=i,this._w=r}static slerpFlat(e,t,i,r,s,o,a){let h=i[r+0],l=i[r+1],c=i[r+2],p=i[r+3],u=s[o+0],d=s[o+1],M=s[o+2],E=s[o+3];if(p!==E||h!==u||l!==d||c!==M){let m=h*u+l*d+c*M+p*E;m<0&&(u=-u,d=-d,M=-M,E=-E,m=-m);let f=1-a;if(m<.9995){let S=Math.acos(m),b=Math.sin(S);f=Math.sin(f*S)/b,a=Math.sin(a*S)/b,h=h*f+u*a,l=l*f+d*a,c=c*f+M*a,p=p*f+E*a}else{h=h*f+u*a,l=l*f+d*a,c=c*f+M*a,p=p*f+E*a;let S=1/Math.sqrt(h*h+l*l+c*c+p*p);h*=S,l*=S,c*=S,p*=S}}e[t]=h,e[t+1]=l,e[t+2]=c,e[t+3]=p}static multiplyQuaternionsFlat(e,t,i,r,s,o){let a=i[r],h=i[r+1],l=i[r+2],c=i[r+3],p=s[o],u=s[o+1],d=s[o+2],M=s[o+3];return e[t]=a*M+c*p+h*d-l*u,e[t+1]=h*M+c*u+l*p-a*d,e[t+2]=l*M+c*d+a*u-h*p,e[t+3]=c*M-a*p-h*u-l*d,e}get x(){return this._x}set x(e){this._x=e,this._onChangeCallback()}get y(){return this._y}set y(e){this._y=e,this._onChangeCallback()}get z(){return this._z}set z(e){this._z=e,this._onChangeCallback()}get w(){return this._w}set w(e){this._w=e,this._onChangeCallback()}set(e,t,i,r){return this._x=e,this._y=t,this._z=i,this._w=r,this._onChangeCallback(),this}clone(){return new this.constructor(this._x,this._y,this._z,this._w)}copy(e){return this._x=e.x,this._y=e.y,this._z=e.z,this._w=e.w,this._onChangeCallback(),this}setFromEuler(e,t=!0){let i=e._x,r=e._y,s=e._z,o=e._order,a=Math.cos,h=Math.sin,l=a(i/2),c=a(r/2),p=a(s/2),u=h(i/2),d=h(r/2),M=h(s/2);switch(o){case"XYZ":this._x=u*c*p+l*d*M,this._y=l*d*p-u*c*M,this._z=l*c*M+u*d*p,this._w=l*c*p-u*d*M;break;case"YXZ":this._x=u*c*p+l*d*M,this._y=l*d*p-u*c*M,this._z=l*c*M-u*d*p,this._w=l*c*p+u*d*M;break;case"ZXY":this._x=u*c*p-l*d*M,this._y=l*d*p+u*c*M,this._z=l*c*M+u*d*p,this._w=l*c*p-u*d*M;break;case"ZYX":this._x=u*c*p-l*d*M,this._y=l*d*p+u*c*M,this._z=l*c*M-u*d*p,this._w=l*c*p+u*d*M;break;case"YZX":this._x=u*c*p+l*d*M,this._y=l*d*p+u*c*M,this._z=l*c*M-u*d*p,this._w=l*c*p-u*d*M;break;case"XZY":this._x=u*c*p-l*d*M,this._y=l*d*p-u*c*M,this._z=l*c*M+u*d*p,this._w=l*c*p+u*d*M;break;default:me("Quaternion: .setFromEuler() encountered an unknown order: "+o)}return t===!0&&this._onChangeCallback(),this}setFromAxisAngle(e,t){let i=t/2,r=Math.sin(i);return this._x=e.x*r,this._y=e.y*r,this._z=e.z*r,this._w=Math.cos(i),this._onChangeCallback(),this}setFromRotationMatrix(e){let t=e.elements,i=t[0],r=t[4],s=t[8],o=t[1],a=t[5],h=t[9],l=t[2],c=t[6],p=t[10],u=i+a+p;if(u>0){let d=.5/Math.sqrt(u+1);this._w=.25/d,this._x=(c-h)*d,this._y=(s-l)*d,this._z=(o-r)*d}else if(i>a&&i>p){let d=2*Math.sqrt(1+i-a-p);this._w=(c-h)/d,this._x=.25*d,this._y=(r+o)/d,this._z=(s+l)/d}else if(a>p){let d=2*Math.sqrt(1+a-i-p);this._w=(s-l)/d,this._x=(r+o)/d,this._y=.25*d,this._z=(h+c)/d}else{let d=2*Math.sqrt(1+p-i-a);this._w=(o-r)/d,this._x=(s+l)/d,this._y=(h+c)/d,this._z=.25*d}return this._onChangeCallback(),this}setFromUnitVectors(e,t){let i=e.dot(t)+1;return i<1e-8?(i=0,Math.abs(e.x)>Math.abs(e.z)?(this._x=-e.y,this._y=e.x,this._z=0,this._w=i):(this._x=0,this._y=-e.z,this._z=e.y,this._w=i)):(this._x=e.y*t.z-e.z*t.y,this._y=e.z*t.x-e.x*t.z,this._z=e.x*t.y-e.y*t.x,this._w=i),this.normalize()}angleTo(e){return 2*Math.acos(Math.abs(Re(this.dot(e),-1,1)))}rotateTowards(e,t){let i=this.angleTo(e);if(i===0)return this;let r=Math.min(1,t/i);return this.slerp(e,r),this}identity(){return this.set(0,0,0,1)}invert(){return this.conjugate()}conjugate(){return this._x*=-1,this._y*=-1,this._z*=-1,this._onChangeCallback(),this}dot(e){return this._x*e._x+this._y*e._y+this._z*e._z+this._w*e._w}lengthSq(){return this._x*this._x+this._y*this._y+this._z*this._z+this._w*this._w}length(){return Math.sqrt(this._x*this._x+this._y*this._y+this._z*this._z+this._w*this._w)}normalize(){let e=this.length();return e===0?(this._x=0,this._y=0,this._z=0,this._w=1):(e=1/e,this._x=this._x*e,this._y=this._y*e,this._z=this._z*e,this._w=this._w*e),this._onChangeCallback(),this}multiply(e){return this.multiplyQuaternions(this,e)}premultiply(e){return this.multiplyQuaternions(e,this)}multiplyQuaternions(e,t){let i=e._x,r=e._y,s=e._z,o=e._w,a=t._x,h=t._y,l=t._z,c=t._w;return this._x=i*c+o*a+r*l-s*h,this._y=r*c+o*h+s*a-i*l,this._z=s*c+o*l+i*h-r*a,this._w=o*c-i*a-r*h-s*l,this._onChangeCallback(),this}slerp(e,t){let i=e._x,r=e._y,s=e._z,o=e._w,a=this.dot(e);a<0&&(i=-i,r=-r,s=-s,o=-o,a=-a);let h=1-t;if(a<.9995){let l=Math.acos(a),c=Math.sin(l);h=Math.sin(h*l)/c,t=Math.sin(t*l)/c,this._x=this._x*h+i*t,this._y=this._y*h+r*t,this._z=this._z*h+s*t,this._w=this._w*h+o*t,this._onChangeCallback()}else this._x=this._x*h+i*t,this._y=this._y*h+r*t,this._z=this._z*h+s*t,this._w=this._w*h+o*t,this.normalize();return this}slerpQuaternions(e,t,i){return this.copy(e).slerp(t,i)}random(){let e=2*Math.PI*Math.random(),t=2*Math.PI*Math.random(),i=Math.random(),r=Math.sqrt(1-i),s=Math.sqrt(i);return this.set(r*Math.sin(e),r*Math.cos(e),s*Math.sin(t),s*Math.cos(t))}equals(e){return e._x===this._x&&e._y===this._y&&e._z===this._z&&e._w===this._w}fromArray(e,t=0){return this._x=e[t],this._y=e[t+1],this._z=e[t+2],this._w=e[t+3],this._onChangeCallback(),this}toArray(e=[],t=0){return e[t]=this._x,e[t+1]=this._y,e[t+2]=this._z,e[t+3]=this._w,e}fromBufferAttribute(e,t){return this._x=e.getX(t),this._y=e.getY(t),this._z=e.getZ(t),this._w=e.getW(t),this._onChangeCallback(),this}toJSON(){return this.toArray()}_onChange(e){return this._onChangeCallback=e,this}_onChangeCallback(){}*[Symbol.iterator](){yield this._x,yield this._y,yield this._z,yield this._w}};var C=class{static{this.prototype.isVector3=!0}constructor(e=0,t=0,i=0){this.x=e,this.y=t,this.z=i}set(e,t,i){return i===void 0&&(i=this.z),this.x=e,this.y=t,this.z=i,this}setScalar(e){return this.x=e,this.y=e,this.z=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setZ(e){return this.z=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;case 2:this.z=t;break;default:throw new Error("THREE.Vector3: index is out of range: "+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;case 2:return this.z;default:throw new Error("THREE.Vector3: index is out of range: "+e)}}clone(){return new this.constructor(this.x,this.y,this.z)}copy(e){return this.x=e.x,this.y=e.y,this.z=e.z,this}add(e){return this.x+=e.x,this.y+=e.y,this.z+=e.z,this}addScalar(e){return this.x+=e,this.y+=e,this.z+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this.z=e.z+t.z,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this.z+=e.z*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this.z-=e.z,this}subScalar(e){return this.x-=e,this.y-=e,this.z-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this.z=e.z-t.z,this}multiply(e){return this.x*=e.x,this.y*=e.y,this.z*=e.z,this}multiplyScalar(e){return this.x*=e,this.y*=e,this.z*=e,this}multiplyVectors(e,t){return this.x=e.x*t.x,this.y=e.y*t.y,this.z=e.z*t.z,this}applyEuler(e){return this.applyQuaternion(bh.setFromEuler(e))}applyAxisAngle(e,t){return this.applyQuaternion(bh.setFromAxisAngle(e,t))}applyMatrix3(e){let t=this.x,i=this.y,r=this.z,s=e.elements;return this.x=s[0]*t+s[3]*i+s[6]*r,this.y=s[1]*t+s[4]*i+s[7]*r,this.z=s[2]*t+s[5]*i+s[8]*r,this}applyNormalMatrix(e){return this.applyMatrix3(e).normalize()}applyMatrix4(e){let t=this.x,i=this.y,r=this.z,s=e.elements,o=1/(s[3]*t+s[7]*i+s[11]*r+s[15]);return this.x=(s[0]*t+s[4]*i+s[8]*r+s[12])*o,this.y=(s[1]*t+s[5]*i+s[9]*r+s[13])*o,this.z=(s[2]*t+s[6]*i+s[10]*r+s[14])*o,this}applyQuaternion(e){let t=this.x,i=this.y,r=this.z,s=e.x,o=e.y,a=e.z,h=e.w,l=2*(o*r-a*i),c=2*(a*t-s*r),p=2*(s*i-o*t);return this.x=t+h*l+o*p-a*c,this.y=i+h*c+a*l-s*p,this.z=r+h*p+s*c-o*l,this}project(e){return this.applyMatrix4(e.matrixWorldInverse).applyMatrix4(e.projectionMatrix)}unproject(e){return this.applyMatrix4(e.projectionMatrixInverse).applyMatrix4(e.matrixWorld)}transformDirection(e){let t=this.x,i=this.y,r=this.z,s=e.elements;return this.x=s[0]*t+s[4]*i+s[8]*r,this.y=s[1]*t+s[5]*i+s[9]*r,this.z=s[2]*t+s[6]*i+s[10]*r,this.normalize()}divide(e){return this.x/=e.x,this.y/=e.y,this.z/=e.z,this}divideScalar(e){return this.multiplyScalar(1/e)}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this.z=Math.min(this.z,e.z),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this.z=Math.max(this.z,e.z),this}clamp(e,t){return this.x=Re(this.x,e.x,t.x),this.y=Re(this.y,e.y,t.y),this.z=Re(this.z,e.z,t.z),this}clampScalar(e,t){return this.x=Re(this.x,e,t),this.y=Re(this.y,e,t),this.z=Re(this.z,e,t),this}clampLength(e,t){let i=this.length();return this.divideScalar(i||1).multiplyScalar(Re(i,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this.z=Math.floor(this.z),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this.z=Math.ceil(this.z),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this.z=Math.round(this.z),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this.z=Math.trunc(this.z),this}negate(){return this.x=-this.x,this.y=-this.y,this.z=-this.z,this}dot(e){return this.x*e.x+this.y*e.y+this.z*e.z}lengthSq(){return this.x*this.x+this.y*this.y+this.z*this.z}length(){return Math.sqrt(this.x*this.x+this.y*this.y+this.z*this.z)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)+Math.abs(this.z)}normalize(){return this.divideScalar(this.length()||1)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this.z+=(e.z-this.z)*t,this}lerpVectors(e,t,i){return this.x=e.x+(t.x-e.x)*i,this.y=e.y+(t.y-e.y)*i,this.z=e.z+(t.z-e.z)*i,this}cross(e){return this.crossVectors(this,e)}crossVectors(e,t){let i=e.x,r=e.y,s=e.z,o=t.x,a=t.y,h=t.z;return this.x=r*h-s*a,this.y=s*o-i*h,this.z=i*a-r*o,this}projectOnVector(e){let t=e.lengthSq();if(t===0)return this.set(0,0,0);let i=e.dot(this)/t;return this.copy(e).multiplyScalar(i)}projectOnPlane(e){return Ua.copy(this).projectOnVector(e),this.sub(Ua)}reflect(e){return this.sub(Ua.copy(e).multiplyScalar(2*this.dot(e)))}angleTo(e){let t=Math.sqrt(this.lengthSq()*e.lengthSq());if(t===0)return Math.PI/2;let i=this.dot(e)/t;return Math.acos(Re(i,-1,1))}distanceTo(e){return Math.sqrt(this.distanceToSquared(e))}distanceToSquared(e){let t=this.x-e.x,i=this.y-e.y,r=this.z-e.z;return t*t+i*i+r*r}manhattanDistanceTo(e){return Math.abs(this.x-e.x)+Math.abs(this.y-e.y)+Math.abs(this.z-e.z)}setFromSpherical(e){return this.setFromSphericalCoords(e.radius,e.phi,e.theta)}setFromSphericalCoords(e,t,i){let r=Math.sin(t)*e;return this.x=r*Math.sin(i),this.y=Math.cos(t)*e,this.z=r*Math.cos(i),this}setFromCylindrical(e){return this.setFromCylindricalCoords(e.radius,e.theta,e.y)}setFromCylindricalCoords(e,t,i){return this.x=e*Math.sin(t),this.y=i,this.z=e*Math.cos(t),this}setFromMatrixPosition(e){let t=e.elements;return this.x=t[12],this.y=t[13],this.z=t[14],this}setFromMatrixScale(e){let t=this.setFromMatrixColumn(e,0).length(),i=this.setFromMatrixColumn(e,1).length(),r=this.setFromMatrixColumn(e,2).length();return this.x=t,this.y=i,this.z=r,this}setFromMatrixColumn(e,t){return this.fromArray(e.elements,t*4)}setFromMatrix3Column(e,t){return this.fromArray(e.elements,t*3)}setFromEuler(e){return this.x=e._x,this.y=e._y,this.z=e._z,this}setFromColor(e){return this.x=e.r,this.y=e.g,this.z=e.b,this}equals(e){return e.x===this.x&&e.y===this.y&&e.z===this.z}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this.z=e[t+2],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e[t+2]=this.z,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this.z=e.getZ(t),this}random(){return this.x=Math.random(),this.y=Math.random(),this.z=Math.random(),this}randomDirection(){let e=Math.random()*Math.PI*2,t=Math.random()*2-1,i=Math.sqrt(1-t*t);return this.x=i*Math.cos(e),this.y=t,this.z=i*Math.sin(e),this}*[Symbol.iterator](){yield this.x,yield this.y,yield this.z}},Ua=new C,bh=new Ct;var ve=class{static{this.prototype.isMatrix3=!0}constructor(e,t,i,r,s,o,a,h,l){this.elements=[1,0,0,0,1,0,0,0,1],e!==void 0&&this.set(e,t,i,r,s,o,a,h,l)}set(e,t,i,r,s,o,a,h,l){let c=this.elements;return c[0]=e,c[1]=r,c[2]=a,c[3]=t,c[4]=s,c[5]=h,c[6]=i,c[7]=o,c[8]=l,this}identity(){return this.set(1,0,0,0,1,0,0,0,1),this}copy(e){let t=this.elements,i=e.elements;return t[0]=i[0],t[1]=i[1],t[2]=i[2],t[3]=i[3],t[4]=i[4],t[5]=i[5],t[6]=i[6],t[7]=i[7],t[8]=i[8],this}extractBasis(e,t,i){return e.setFromMatrix3Column(this,0),t.setFromMatrix3Column(this,1),i.setFromMatrix3Column(this,2),this}setFromMatrix4(e){let t=e.elements;return this.set(t[0],t[4],t[8],t[1],t[5],t[9],t[2],t[6],t[10]),this}multiply(e){return this.multiplyMatrices(this,e)}premultiply(e){return this.multiplyMatrices(e,this)}multiplyMatrices(e,t){let i=e.elements,r=t.elements,s=this.elements,o=i[0],a=i[3],h=i[6],l=i[1],c=i[4],p=i[7],u=i[2],d=i[5],M=i[8],E=r[0],m=r[3],f=r[6],S=r[1],b=r[4],v=r[7],R=r[2],A=r[5],_=r[8];return s[0]=o*E+a*S+h*R,s[3]=o*m+a*b+h*A,s[6]=o*f+a*v+h*_,s[1]=l*E+c*S+p*R,s[4]=l*m+c*b+p*A,s[7]=l*f+c*v+p*_,s[2]=u*E+d*S+M*R,s[5]=u*m+d*b+M*A,s[8]=u*f+d*v+M*_,this}multiplyScalar(e){let t=this.elements;return t[0]*=e,t[3]*=e,t[6]*=e,t[1]*=e,t[4]*=e,t[7]*=e,t[2]*=e,t[5]*=e,t[8]*=e,this}determinant(){let e=this.elements,t=e[0],i=e[1],r=e[2],s=e[3],o=e[4],a=e[5],h=e[6],l=e[7],c=e[8];return t*o*c-t*a*l-i*s*c+i*a*h+r*s*l-r*o*h}invert(){let e=this.elements,t=e[0],i=e[1],r=e[2],s=e[3],o=e[4],a=e[5],h=e[6],l=e[7],c=e[8],p=c*o-a*l,u=a*h-c*s,d=l*s-o*h,M=t*p+i*u+r*d;if(M===0)return this.set(0,0,0,0,0,0,0,0,0);let E=1/M;return e[0]=p*E,e[1]=(r*l-c*i)*E,e[2]=(a*i-r*o)*E,e[3]=u*E,e[4]=(c*t-r*h)*E,e[5]=(r*s-a*t)*E,e[6]=d*E,e[7]=(i*h-l*t)*E,e[8]=(o*t-i*s)*E,this}transpose(){let e,t=this.elements;return e=t[1],t[1]=t[3],t[3]=e,e=t[2],t[2]=t[6],t[6]=e,e=t[5],t[5]=t[7],t[7]=e,this}getNormalMatrix(e){return this.setFromMatrix4(e).invert().transpose()}transposeIntoArray(e){let t=this.elements;return e[0]=t[0],e[1]=t[3],e[2]=t[6],e[3]=t[1],e[4]=t[4],e[5]=t[7],e[6]=t[2],e[7]=t[5],e[8]=t[8],this}setUvTransform(e,t,i,r,s,o,a){let h=Math.cos(s),l=Math.sin(s);return this.set(i*h,i*l,-i*(h*o+l*a)+o+e,-r*l,r*h,-r*(-l*o+h*a)+a+t,0,0,1),this}scale(e,t){return xn("Matrix3: .scale() is deprecated. Use .makeScale() instead."),this.premultiply(Na.makeScale(e,t)),this}rotate(e){return xn("Matrix3: .rotate() is deprecated. Use .makeRotation() instead."),this.premultiply(Na.makeRotation(-e)),this}translate(e,t){return xn("Matrix3: .translate() is deprecated. Use .makeTranslation() instead."),this.premultiply(Na.makeTranslation(e,t)),this}makeTranslation(e,t){return e.isVector2?this.set(1,0,e.x,0,1,e.y,0,0,1):this.set(1,0,e,0,1,t,0,0,1),this}makeRotation(e){let t=Math.cos(e),i=Math.sin(e);return this.set(t,-i,0,i,t,0,0,0,1),this}makeScale(e,t){return this.set(e,0,0,0,t,0,0,0,1),this}equals(e){let t=this.elements,i=e.elements;for(let r=0;r<9;r++)if(t[r]!==i[r])return!1;return!0}fromArray(e,t=0){for(let i=0;i<9;i++)this.elements[i]=e[i+t];return this}toArray(e=[],t=0){let i=this.elements;return e[t]=i[0],e[t+1]=i[1],e[t+2]=i[2],e[t+3]=i[3],e[t+4]=i[4],e[t+5]=i[5],e[t+6]=i[6],e[t+7]=i[7],e[t+8]=i[8],e}clone(){return new this.constructor().fromArray(this.elements)}},Na=new ve;var wh=new ve().set(.4123908,.3575843,.1804808,.212639,.7151687,.0721923,.0193308,.1191948,.9505322),Rh=new ve().set(3.2409699,-1.5373832,-.4986108,-.9692436,1.8759675,.0415551,.0556301,-.203977,1.0569715);function sp(){let n={enabled:!0,workingColorSpace:ms,spaces:{},convert:function(r,s,o){return this.enabled===!1||s===o||!s||!o||(this.spaces[s].transfer===He&&(r.r=yi(r.r),r.g=yi(r.g),r.b=yi(r.b)),this.spaces[s].primaries!==this.spaces[o].primaries&&(r.applyMatrix3(this.spaces[s].toXYZ),r.applyMatrix3(this.spaces[o].fromXYZ)),this.spaces[o].transfer===He&&(r.r=Mn(r.r),r.g=Mn(r.g),r.b=Mn(r.b))),r},workingToColorSpace:function(r,s){return this.convert(r,this.workingColorSpace,s)},colorSpaceToWorking:function(r,s){return this.convert(r,s,this.workingColorSpace)},getPrimaries:function(r){return this.spaces[r].primaries},getTransfer:function(r){return r===fi?gn:this.spaces[r].transfer},getToneMappingMode:function(r){return this.spaces[r].outputColorSpaceConfig.toneMappingMode||"standard"},getLuminanceCoefficients:function(r,s=this.workingColorSpace){return r.fromArray(this.spaces[s].luminanceCoefficients)},define:function(r){Object.assign(this.spaces,r)},_getMatrix:function(r,s,o){return r.copy(this.spaces[o].fromXYZ).multiply(this.spaces[s].toXYZ)},_getDrawingBufferColorSpace:function(r){return this.spaces[r].outputColorSpaceConfig.drawingBufferColorSpace},_getUnpackColorSpace:function(r=this.workingColorSpace){return this.spaces[r].workingColorSpaceConfig.unpackColorSpace}},e=[.64,.33,.3,.6,.15,.06],t=[.2126,.7152,.0722],i=[.3127,.329];return n.define({[ms]:{primaries:e,whitePoint:i,transfer:gn,toXYZ:wh,fromXYZ:Rh,luminanceCoefficients:t,workingColorSpaceConfig:{unpackColorSpace:Ut},outputColorSpaceConfig:{drawingBufferColorSpace:Ut}},[Ut]:{primaries:e,whitePoint:i,transfer:He,toXYZ:wh,fromXYZ:Rh,luminanceCoefficients:t,outputColorSpaceConfig:{drawingBufferColorSpace:Ut}}}),n}var Le=sp();function yi(n){return n<.04045?n*.0773993808:Math.pow(n*.9478672986+.0521327014,2.4)}function Mn(n){return n<.0031308?n*12.92:1.055*Math.pow(n,.41666)-.055}var Yn,yo=class{static getDataURL(e,t="image/png"){if(/^data:/i.test(e.src)||typeof HTMLCanvasElement>"u")return e.src;let i;if(e instanceof HTMLCanvasElement)i=e;else{Yn===void 0&&(Yn=kn("canvas")),Yn.width=e.width,Yn.height=e.height;let r=Yn.getContext("2d");e instanceof ImageData?r.putImageData(e,0,0):r.drawImage(e,0,0,e.width,e.height),i=Yn}return i.toDataURL(t)}static sRGBToLinear(e){if(typeof HTMLImageElement<"u"&&e instanceof HTMLImageElement||typeof HTMLCanvasElement<"u"&&e instanceof HTMLCanvasElement||typeof ImageBitmap<"u"&&e instanceof ImageBitmap){let t=kn("canvas");t.width=e.width,t.height=e.height;let i=t.getContext("2d");i.drawImage(e,0,0,e.width,e.height);let r=i.getImageData(0,0,e.width,e.height),s=r.data;for(let o=0;o<s.length;o++)s[o]=yi(s[o]/255)*255;return i.putImageData(r,0,0),t}else if(e.data){let t=e.data.slice(0);for(let i=0;i<t.length;i++)t instanceof Uint8Array||t instanceof Uint8ClampedArray?t[i]=Math.floor(yi(t[i]/255)*255):t[i]=yi(t[i]);return{data:t,width:e.width,height:e.height}}else return me("ImageUtils.sRGBToLinear(): Unsupported image type. No color space conversion applied."),e}};var op=0,$i=class{constructor(e=null){this.isTextureSource=!0,Object.defineProperty(this,"id",{value:op++}),this.uuid=zt(),this.data=e,this.dataReady=!0,this.version=0}getSize(e){let t=this.data;return typeof HTMLVideoElement<"u"&&t instanceof HTMLVideoElement?e.set(t.videoWidth,t.videoHeight,0):typeof VideoFrame<"u"&&t instanceof VideoFrame?e.set(t.displayWidth,t.displayHeight,0):t!==null?e.set(t.width||0,t.height||0,t.depth||0):e.set(0,0,0),e}set needsUpdate(e){e===!0&&this.version++}toJSON(e){let t=e===void 0||typeof e=="string";if(!t&&e.images[this.uuid]!==void 0)return e.images[this.uuid];let i={uuid:this.uuid,url:""},r=this.data;if(r!==null){let s;if(Array.isArray(r)){s=[];for(let o=0,a=r.length;o<a;o++)r[o].isDataTexture?s.push(Fa(r[o].image)):s.push(Fa(r[o]))}else s=Fa(r);i.url=s}return t||(e.images[this.uuid]=i),i}};function Fa(n){return typeof HTMLImageElement<"u"&&n instanceof HTMLImageElement||typeof HTMLCanvasElement<"u"&&n instanceof HTMLCanvasElement||typeof ImageBitmap<"u"&&n instanceof ImageBitmap?yo.getDataURL(n):n.data?{data:Array.from(n.data),width:n.width,height:n.height,type:n.data.constructor.name}:(me("Texture: Unable to serialize Texture."),{})}var ap=0,Oa=new C,dt=class n extends Rt{constructor(e=n.DEFAULT_IMAGE,t=n.DEFAULT_MAPPING,i=gi,r=gi,s=St,o=xi,a=qt,h=wt,l=n.DEFAULT_ANISOTROPY,c=fi){super(),this.isTexture=!0,Object.defineProperty(this,"id",{value:ap++}),this.uuid=zt(),this.name="",this.source=new $i(e),this.mipmaps=[],this.mapping=t,this.channel=0,this.wrapS=i,this.wrapT=r,this.magFilter=s,this.minFilter=o,this.anisotropy=l,this.format=a,this.internalFormat=null,this.type=h,this.offset=new ae(0,0),this.repeat=new ae(1,1),this.center=new ae(0,0),this.rotation=0,this.matrixAutoUpdate=!0,this.matrix=new ve,this.generateMipmaps=!0,this.mipmapsAutoUpdate=!0,this.premultiplyAlpha=!1,this.flipY=!0,this.unpackAlignment=4,this.colorSpace=c,this.userData={},this.updateRanges=[],this.version=0,this.onUpdate=null,this.renderTarget=null,this.isRenderTargetTexture=!1,this.isArrayTexture=!!(e&&e.depth&&e.depth>1),this.pmremVersion=0,this.isPMREMTexture=!1,this.normalized=!1}get width(){return this.source.getSize(Oa).x}get height(){return this.source.getSize(Oa).y}get depth(){return this.source.getSize(Oa).z}get image(){return this.source.data}set image(e){this.source.data=e}updateMatrix(){this.matrix.setUvTransform(this.offset.x,this.offset.y,this.repeat.x,this.repeat.y,this.rotation,this.center.x,this.center.y)}addUpdateRange(e,t){this.updateRanges.push({start:e,count:t})}clearUpdateRanges(){this.updateRanges.length=0}clone(){return new this.constructor().copy(this)}copy(e){return this.name=e.name,this.source=e.source,this.mipmaps=e.mipmaps.slice(0),this.mapping=e.mapping,this.channel=e.channel,this.wrapS=e.wrapS,this.wrapT=e.wrapT,this.magFilter=e.magFilter,this.minFilter=e.minFilter,this.anisotropy=e.anisotropy,this.format=e.format,this.internalFormat=e.internalFormat,this.type=e.type,this.normalized=e.normalized,this.offset.copy(e.offset),this.repeat.copy(e.repeat),this.center.copy(e.center),this.rotation=e.rotation,this.matrixAutoUpdate=e.matrixAutoUpdate,this.matrix.copy(e.matrix),this.generateMipmaps=e.generateMipmaps,this.mipmapsAutoUpdate=e.mipmapsAutoUpdate,this.premultiplyAlpha=e.premultiplyAlpha,this.flipY=e.flipY,this.unpackAlignment=e.unpackAlignment,this.colorSpace=e.colorSpace,this.renderTarget=e.renderTarget,this.isRenderTargetTexture=e.isRenderTargetTexture,this.isPMREMTexture=e.isPMREMTexture,this.isArrayTexture=e.isArrayTexture,this.userData=JSON.parse(JSON.stringify(e.userData)),this.needsUpdate=!0,this}setValues(e){for(let t in e){let i=e[t];if(i===void 0){me(`Texture.setValues(): parameter '${t}' has value of undefined.`);continue}let r=this[t];if(r===void 0){me(`Texture.setValues(): property '${t}' does not exist.`);continue}r&&i&&r.isVector2&&i.isVector2||r&&i&&r.isVector3&&i.isVector3||r&&i&&r.isMatrix3&&i.isMatrix3?r.copy(i):this[t]=i}}toJSON(e){let t=e===void 0||typeof e=="string";if(!t&&e.textures[this.uuid]!==void 0)return e.textures[this.uuid];let i={metadata:{version:4.7,type:"Texture",generator:"Texture.toJSON"},uuid:this.uuid,name:this.name,image:this.source.toJSON(e).uuid,mapping:this.mapping,channel:this.channel,repeat:[this.repeat.x,this.repeat.y],offset:[this.offset.x,this.offset.y],center:[this.center.x,this.center.y],rotation:this.rotation,wrap:[this.wrapS,this.wrapT],format:this.format,internalFormat:this.internalFormat,type:this.type,normalized:this.normalized,colorSpace:this.colorSpace,minFilter:this.minFilter,magFilter:this.magFilter,anisotropy:this.anisotropy,flipY:this.flipY,generateMipmaps:this.generateMipmaps,mipmapsAutoUpdate:this.mipmapsAutoUpdate,premultiplyAlpha:this.premultiplyAlpha,unpackAlignment:this.unpackAlignment};return Object.keys(this.userData).length>0&&(i.userData=this.userData),t||(e.textures[this.uuid]=i),i}dispose(){this.dispatchEvent({type:"dispose"})}transformUv(e){if(this.mapping!==La)return e;if(e.applyMatrix3(this.matrix),e.x<0||e.x>1)switch(this.wrapS){case Nr:e.x=e.x-Math.floor(e.x);break;case gi:e.x=e.x<0?0:1;break;case Fr:Math.abs(Math.floor(e.x)%2)===1?e.x=Math.ceil(e.x)-e.x:e.x=e.x-Math.floor(e.x);break}if(e.y<0||e.y>1)switch(this.wrapT){case Nr:e.y=e.y-Math.floor(e.y);break;case gi:e.y=e.y<0?0:1;break;case Fr:Math.abs(Math.floor(e.y)%2)===1?e.y=Math.ceil(e.y)-e.y:e.y=e.y-Math.floor(e.y);break}return this.flipY&&(e.y=1-e.y),e}set needsUpdate(e){e===!0&&(this.version++,this.source.needsUpdate=!0)}set needsPMREMUpdate(e){e===!0&&this.pmremVersion++}};dt.DEFAULT_IMAGE=null;dt.DEFAULT_MAPPING=La;dt.DEFAULT_ANISOTROPY=1;var Ve=class{static{this.prototype.isVector4=!0}constructor(e=0,t=0,i=0,r=1){this.x=e,this.y=t,this.z=i,this.w=r}get width(){return this.z}set width(e){this.z=e}get height(){return this.w}set height(e){this.w=e}set(e,t,i,r){return this.x=e,this.y=t,this.z=i,this.w=r,this}setScalar(e){return this.x=e,this.y=e,this.z=e,this.w=e,this}setX(e){return this.x=e,this}setY(e){return this.y=e,this}setZ(e){return this.z=e,this}setW(e){return this.w=e,this}setComponent(e,t){switch(e){case 0:this.x=t;break;case 1:this.y=t;break;case 2:this.z=t;break;case 3:this.w=t;break;default:throw new Error("THREE.Vector4: index is out of range: "+e)}return this}getComponent(e){switch(e){case 0:return this.x;case 1:return this.y;case 2:return this.z;case 3:return this.w;default:throw new Error("THREE.Vector4: index is out of range: "+e)}}clone(){return new this.constructor(this.x,this.y,this.z,this.w)}copy(e){return this.x=e.x,this.y=e.y,this.z=e.z,this.w=e.w!==void 0?e.w:1,this}add(e){return this.x+=e.x,this.y+=e.y,this.z+=e.z,this.w+=e.w,this}addScalar(e){return this.x+=e,this.y+=e,this.z+=e,this.w+=e,this}addVectors(e,t){return this.x=e.x+t.x,this.y=e.y+t.y,this.z=e.z+t.z,this.w=e.w+t.w,this}addScaledVector(e,t){return this.x+=e.x*t,this.y+=e.y*t,this.z+=e.z*t,this.w+=e.w*t,this}sub(e){return this.x-=e.x,this.y-=e.y,this.z-=e.z,this.w-=e.w,this}subScalar(e){return this.x-=e,this.y-=e,this.z-=e,this.w-=e,this}subVectors(e,t){return this.x=e.x-t.x,this.y=e.y-t.y,this.z=e.z-t.z,this.w=e.w-t.w,this}multiply(e){return this.x*=e.x,this.y*=e.y,this.z*=e.z,this.w*=e.w,this}multiplyScalar(e){return this.x*=e,this.y*=e,this.z*=e,this.w*=e,this}applyMatrix4(e){let t=this.x,i=this.y,r=this.z,s=this.w,o=e.elements;return this.x=o[0]*t+o[4]*i+o[8]*r+o[12]*s,this.y=o[1]*t+o[5]*i+o[9]*r+o[13]*s,this.z=o[2]*t+o[6]*i+o[10]*r+o[14]*s,this.w=o[3]*t+o[7]*i+o[11]*r+o[15]*s,this}divide(e){return this.x/=e.x,this.y/=e.y,this.z/=e.z,this.w/=e.w,this}divideScalar(e){return this.multiplyScalar(1/e)}setAxisAngleFromQuaternion(e){this.w=2*Math.acos(e.w);let t=Math.sqrt(1-e.w*e.w);return t<1e-4?(this.x=1,this.y=0,this.z=0):(this.x=e.x/t,this.y=e.y/t,this.z=e.z/t),this}setAxisAngleFromRotationMatrix(e){let t,i,r,s,h=e.elements,l=h[0],c=h[4],p=h[8],u=h[1],d=h[5],M=h[9],E=h[2],m=h[6],f=h[10];if(Math.abs(c-u)<.01&&Math.abs(p-E)<.01&&Math.abs(M-m)<.01){if(Math.abs(c+u)<.1&&Math.abs(p+E)<.1&&Math.abs(M+m)<.1&&Math.abs(l+d+f-3)<.1)return this.set(1,0,0,0),this;t=Math.PI;let b=(l+1)/2,v=(d+1)/2,R=(f+1)/2,A=(c+u)/4,_=(p+E)/4,y=(M+m)/4;return b>v&&b>R?b<.01?(i=0,r=.707106781,s=.707106781):(i=Math.sqrt(b),r=A/i,s=_/i):v>R?v<.01?(i=.707106781,r=0,s=.707106781):(r=Math.sqrt(v),i=A/r,s=y/r):R<.01?(i=.707106781,r=.707106781,s=0):(s=Math.sqrt(R),i=_/s,r=y/s),this.set(i,r,s,t),this}let S=Math.sqrt((m-M)*(m-M)+(p-E)*(p-E)+(u-c)*(u-c));return Math.abs(S)<.001&&(S=1),this.x=(m-M)/S,this.y=(p-E)/S,this.z=(u-c)/S,this.w=Math.acos((l+d+f-1)/2),this}setFromMatrixPosition(e){let t=e.elements;return this.x=t[12],this.y=t[13],this.z=t[14],this.w=t[15],this}min(e){return this.x=Math.min(this.x,e.x),this.y=Math.min(this.y,e.y),this.z=Math.min(this.z,e.z),this.w=Math.min(this.w,e.w),this}max(e){return this.x=Math.max(this.x,e.x),this.y=Math.max(this.y,e.y),this.z=Math.max(this.z,e.z),this.w=Math.max(this.w,e.w),this}clamp(e,t){return this.x=Re(this.x,e.x,t.x),this.y=Re(this.y,e.y,t.y),this.z=Re(this.z,e.z,t.z),this.w=Re(this.w,e.w,t.w),this}clampScalar(e,t){return this.x=Re(this.x,e,t),this.y=Re(this.y,e,t),this.z=Re(this.z,e,t),this.w=Re(this.w,e,t),this}clampLength(e,t){let i=this.length();return this.divideScalar(i||1).multiplyScalar(Re(i,e,t))}floor(){return this.x=Math.floor(this.x),this.y=Math.floor(this.y),this.z=Math.floor(this.z),this.w=Math.floor(this.w),this}ceil(){return this.x=Math.ceil(this.x),this.y=Math.ceil(this.y),this.z=Math.ceil(this.z),this.w=Math.ceil(this.w),this}round(){return this.x=Math.round(this.x),this.y=Math.round(this.y),this.z=Math.round(this.z),this.w=Math.round(this.w),this}roundToZero(){return this.x=Math.trunc(this.x),this.y=Math.trunc(this.y),this.z=Math.trunc(this.z),this.w=Math.trunc(this.w),this}negate(){return this.x=-this.x,this.y=-this.y,this.z=-this.z,this.w=-this.w,this}dot(e){return this.x*e.x+this.y*e.y+this.z*e.z+this.w*e.w}lengthSq(){return this.x*this.x+this.y*this.y+this.z*this.z+this.w*this.w}length(){return Math.sqrt(this.x*this.x+this.y*this.y+this.z*this.z+this.w*this.w)}manhattanLength(){return Math.abs(this.x)+Math.abs(this.y)+Math.abs(this.z)+Math.abs(this.w)}normalize(){return this.divideScalar(this.length()||1)}setLength(e){return this.normalize().multiplyScalar(e)}lerp(e,t){return this.x+=(e.x-this.x)*t,this.y+=(e.y-this.y)*t,this.z+=(e.z-this.z)*t,this.w+=(e.w-this.w)*t,this}lerpVectors(e,t,i){return this.x=e.x+(t.x-e.x)*i,this.y=e.y+(t.y-e.y)*i,this.z=e.z+(t.z-e.z)*i,this.w=e.w+(t.w-e.w)*i,this}equals(e){return e.x===this.x&&e.y===this.y&&e.z===this.z&&e.w===this.w}fromArray(e,t=0){return this.x=e[t],this.y=e[t+1],this.z=e[t+2],this.w=e[t+3],this}toArray(e=[],t=0){return e[t]=this.x,e[t+1]=this.y,e[t+2]=this.z,e[t+3]=this.w,e}fromBufferAttribute(e,t){return this.x=e.getX(t),this.y=e.getY(t),this.z=e.getZ(t),this.w=e.getW(t),this}random(){return this.x=Math.random(),this.y=Math.random(),this.z=Math.random(),this.w=Math.random(),this}*[Symbol.iterator](){yield this.x,yield this.y,yield this.z,yield this.w}};var Eo=class extends Rt{constructor(e=1,t=1,i={}){super(),i=Object.assign({generateMipmaps:!1,internalFormat:null,minFilter:St,depthBuffer:!0,stencilBuffer:!1,resolveColorBuffer:!0,resolveDepthBuffer:!0,resolveStencilBuffer:!0,storeMultisampledColorBuffer:!0,storeMultisampledDepthBuffer:!0,storeMultisampledStencilBuffer:!0,depthTexture:null,samples:0,count:1,depth:1,multiview:!1,useArrayDepthTexture:!1},i),this.isRenderTarget=!0,this.width=e,this.height=t,this.depth=i.depth,this.scissor=new Ve(0,0,e,t),this.scissorTest=!1,this.viewport=new Ve(0,0,e,t),this.textures=[];let r=i.count;for(let s=0;s<r;s++)this.textures[s]=new dt({width:e,height:t,depth:i.depth}),this.textures[s].isRenderTargetTexture=!0,this.textures[s].renderTarget=this;this._setTextureOptions(i),this.depthBuffer=i.depthBuffer,this.stencilBuffer=i.stencilBuffer,this.resolveColorBuffer=i.resolveColorBuffer,this.resolveDepthBuffer=i.resolveDepthBuffer,this.resolveStencilBuffer=i.resolveStencilBuffer,this.storeMultisampledColorBuffer=i.storeMultisampledColorBuffer,this.storeMultisampledDepthBuffer=i.storeMultisampledDepthBuffer,this.storeMultisampledStencilBuffer=i.storeMultisampledStencilBuffer,this._depthTexture=null,this.depthTexture=i.depthTexture,this.samples=i.samples,this.multiview=i.multiview,this.useArrayDepthTexture=i.useArrayDepthTexture}_setTextureOptions(e={}){let t={minFilter:St,generateMipmaps:!1,flipY:!1,internalFormat:null};e.mapping!==void 0&&(t.mapping=e.mapping),e.wrapS!==void 0&&(t.wrapS=e.wrapS),e.wrapT!==void 0&&(t.wrapT=e.wrapT),e.wrapR!==void 0&&(t.wrapR=e.wrapR),e.magFilter!==void 0&&(t.magFilter=e.magFilter),e.minFilter!==void 0&&(t.minFilter=e.minFilter),e.format!==void 0&&(t.format=e.format),e.type!==void 0&&(t.type=e.type),e.anisotropy!==void 0&&(t.anisotropy=e.anisotropy),e.colorSpace!==void 0&&(t.colorSpace=e.colorSpace),e.flipY!==void 0&&(t.flipY=e.flipY),e.generateMipmaps!==void 0&&(t.generateMipmaps=e.generateMipmaps),e.mipmapsAutoUpdate!==void 0&&(t.mipmapsAutoUpdate=e.mipmapsAutoUpdate),e.internalFormat!==void 0&&(t.internalFormat=e.internalFormat);for(let i=0;i<this.textures.length;i++)this.textures[i].setValues(t)}get texture(){return this.textures[0]}set texture(e){this.textures[0]=e}set depthTexture(e){this._depthTexture!==null&&this._depthTexture.renderTarget===this&&(this._depthTexture.renderTarget=null),e!==null&&e.renderTarget===null&&(e.renderTarget=this),this._depthTexture=e}get depthTexture(){return this._depthTexture}setSize(e,t,i=1){if(this.width!==e||this.height!==t||this.depth!==i){this.width=e,this.height=t,this.depth=i;for(let r=0,s=this.textures.length;r<s;r++)this.textures[r].image.width=e,this.textures[r].image.height=t,this.textures[r].image.depth=i,this.textures[r].isData3DTexture!==!0&&(this.textures[r].isArrayTexture=this.textures[r].image.depth>1);this.dispose()}this.viewport.set(0,0,e,t),this.scissor.set(0,0,e,t)}clone(){return new this.constructor().copy(this)}copy(e){this.width=e.width,this.height=e.height,this.depth=e.depth,this.scissor.copy(e.scissor),this.scissorTest=e.scissorTest,this.viewport.copy(e.viewport),this.textures.length=0;for(let t=0,i=e.textures.length;t<i;t++){this.textures[t]=e.textures[t].clone(),this.textures[t].isRenderTargetTexture=!0,this.textures[t].renderTarget=this;let r=Object.assign({},e.textures[t].image);this.textures[t].source=new $i(r)}if(this.depthBuffer=e.depthBuffer,this.stencilBuffer=e.stencilBuffer,this.resolveColorBuffer=e.resolveColorBuffer,this.resolveDepthBuffer=e.resolveDepthBuffer,this.resolveStencilBuffer=e.resolveStencilBuffer,this.storeMultisampledColorBuffer=e.storeMultisampledColorBuffer,this.storeMultisampledDepthBuffer=e.storeMultisampledDepthBuffer,this.storeMultisampledStencilBuffer=e.storeMultisampledStencilBuffer,e.depthTexture!==null)if(e.depthTexture.renderTarget===e){let t=e.depthTexture.clone();t.renderTarget=null,this.depthTexture=t}else this.depthTexture=e.depthTexture;else this.depthTexture=null;return this.samples=e.samples,this.multiview=e.multiview,this.useArrayDepthTexture=e.useArrayDepthTexture,this}dispose(){this.dispatchEvent({type:"dispose"})}};var $t=class extends Eo{constructor(e=1,t=1,i={}){super(e,t,i),this.isWebGLRenderTarget=!0}};var qn=class extends dt{constructor(e=null,t=1,i=1,r=1){super(null),this.isDataArrayTexture=!0,this.image={data:e,width:t,height:i,depth:r},this.magFilter=ot,this.minFilter=ot,this.wrapR=gi,this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1,this.layerUpdates=new Set}copy(e){return super.copy(e),this.wrapR=e.wrapR,this}addLayerUpdate(e){this.layerUpdates.add(e)}clearLayerUpdates(){this.layerUpdates.clear()}};var To=class extends dt{constructor(e=null,t=1,i=1,r=1){super(null),this.isData3DTexture=!0,this.image={data:e,width:t,height:i,depth:r},this.magFilter=ot,this.minFilter=ot,this.wrapR=gi,this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1}copy(e){return super.copy(e),this.wrapR=e.wrapR,this}};var Me=class n{static{this.prototype.isMatrix4=!0}constructor(e,t,i,r,s,o,a,h,l,c,p,u,d,M,E,m){this.elements=[1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1],e!==void 0&&this.set(e,t,i,r,s,o,a,h,l,c,p,u,d,M,E,m)}set(e,t,i,r,s,o,a,h,l,c,p,u,d,M,E,m){let f=this.elements;return f[0]=e,f[4]=t,f[8]=i,f[12]=r,f[1]=s,f[5]=o,f[9]=a,f[13]=h,f[2]=l,f[6]=c,f[10]=p,f[14]=u,f[3]=d,f[7]=M,f[11]=E,f[15]=m,this}identity(){return this.set(1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1),this}clone(){return new n().fromArray(this.elements)}copy(e){let t=this.elements,i=e.elements;return t[0]=i[0],t[1]=i[1],t[2]=i[2],t[3]=i[3],t[4]=i[4],t[5]=i[5],t[6]=i[6],t[7]=i[7],t[8]=i[8],t[9]=i[9],t[10]=i[10],t[11]=i[11],t[12]=i[12],t[13]=i[13],t[14]=i[14],t[15]=i[15],this}copyPosition(e){let t=this.elements,i=e.elements;return t[12]=i[12],t[13]=i[13],t[14]=i[14],this}setFromMatrix3(e){let t=e.elements;return this.set(t[0],t[3],t[6],0,t[1],t[4],t[7],0,t[2],t[5],t[8],0,0,0,0,1),this}extractBasis(e,t,i){return this.determinantAffine()===0?(e.set(1,0,0),t.set(0,1,0),i.set(0,0,1),this):(e.setFromMatrixColumn(this,0),t.setFromMatrixColumn(this,1),i.setFromMatrixColumn(this,2),this)}makeBasis(e,t,i){return this.set(e.x,t.x,i.x,0,e.y,t.y,i.y,0,e.z,t.z,i.z,0,0,0,0,1),this}extractRotation(e){if(e.determinantAffine()===0)return this.identity();let t=this.elements,i=e.elements,r=1/Kn.setFromMatrixColumn(e,0).length(),s=1/Kn.setFromMatrixColumn(e,1).length(),o=1/Kn.setFromMatrixColumn(e,2).length();return t[0]=i[0]*r,t[1]=i[1]*r,t[2]=i[2]*r,t[3]=0,t[4]=i[4]*s,t[5]=i[5]*s,t[6]=i[6]*s,t[7]=0,t[8]=i[8]*o,t[9]=i[9]*o,t[10]=i[10]*o,t[11]=0,t[12]=0,t[13]=0,t[14]=0,t[15]=1,this}makeRotationFromEuler(e){let t=this.elements,i=e.x,r=e.y,s=e.z,o=Math.cos(i),a=Math.sin(i),h=Math.cos(r),l=Math.sin(r),c=Math.cos(s),p=Math.sin(s);if(e.order==="XYZ"){let u=o*c,d=o*p,M=a*c,E=a*p;t[0]=h*c,t[4]=-h*p,t[8]=l,t[1]=d+M*l,t[5]=u-E*l,t[9]=-a*h,t[2]=E-u*l,t[6]=M+d*l,t[10]=o*h}else if(e.order==="YXZ"){let u=h*c,d=h*p,M=l*c,E=l*p;t[0]=u+E*a,t[4]=M*a-d,t[8]=o*l,t[1]=o*p,t[5]=o*c,t[9]=-a,t[2]=d*a-M,t[6]=E+u*a,t[10]=o*h}else if(e.order==="ZXY"){let u=h*c,d=h*p,M=l*c,E=l*p;t[0]=u-E*a,t[4]=-o*p,t[8]=M+d*a,t[1]=d+M*a,t[5]=o*c,t[9]=E-u*a,t[2]=-o*l,t[6]=a,t[10]=o*h}else if(e.order==="ZYX"){let u=o*c,d=o*p,M=a*c,E=a*p;t[0]=h*c,t[4]=M*l-d,t[8]=u*l+E,t[1]=h*p,t[5]=E*l+u,t[9]=d*l-M,t[2]=-l,t[6]=a*h,t[10]=o*h}else if(e.order==="YZX"){let u=o*h,d=o*l,M=a*h,E=a*l;t[0]=h*c,t[4]=E-u*p,t[8]=M*p+d,t[1]=p,t[5]=o*c,t[9]=-a*c,t[2]=-l*c,t[6]=d*p+M,t[10]=u-E*p}else if(e.order==="XZY"){let u=o*h,d=o*l,M=a*h,E=a*l;t[0]=h*c,t[4]=-p,t[8]=l*c,t[1]=u*p+E,t[5]=o*c,t[9]=d*p-M,t[2]=M*p-d,t[6]=a*c,t[10]=E*p+u}return t[3]=0,t[7]=0,t[11]=0,t[12]=0,t[13]=0,t[14]=0,t[15]=1,this}makeRotationFromQuaternion(e){return this.compose(lp,e,hp)}lookAt(e,t,i){let r=this.elements;return ni.subVectors(e,t),ni.lengthSq()===0&&(ni.z=1),ni.normalize(),Qi.crossVectors(i,ni),Qi.lengthSq()===0&&(Math.abs(i.z)===1?ni.x+=1e-4:ni.z+=1e-4,ni.normalize(),Qi.crossVectors(i,ni)),Qi.normalize(),vo.crossVectors(ni,Qi),r[0]=Qi.x,r[4]=vo.x,r[8]=ni.x,r[1]=Qi.y,r[5]=vo.y,r[9]=ni.y,r[2]=Qi.z,r[6]=vo.z,r[10]=ni.z,this}multiply(e){return this.multiplyMatrices(this,e)}premultiply(e){return this.multiplyMatrices(e,this)}multiplyMatrices(e,t){let i=e.elements,r=t.elements,s=this.elements,o=i[0],a=i[4],h=i[8],l=i[12],c=i[1],p=i[5],u=i[9],d=i[13],M=i[2],E=i[6],m=i[10],f=i[14],S=i[3],b=i[7],v=i[11],R=i[15],A=r[0],_=r[4],y=r[8],N=r[12],D=r[1],U=r[5],G=r[9],J=r[13],P=r[2],H=r[6],Z=r[10],k=r[14],te=r[3],W=r[7],$=r[11],Q=r[15];return s[0]=o*A+a*D+h*P+l*te,s[4]=o*_+a*U+h*H+l*W,s[8]=o*y+a*G+h*Z+l*$,s[12]=o*N+a*J+h*k+l*Q,s[1]=c*A+p*D+u*P+d*te,s[5]=c*_+p*U+u*H+d*W,s[9]=c*y+p*G+u*Z+d*$,s[13]=c*N+p*J+u*k+d*Q,s[2]=M*A+E*D+m*P+f*te,s[6]=M*_+E*U+m*H+f*W,s[10]=M*y+E*G+m*Z+f*$,s[14]=M*N+E*J+m*k+f*Q,s[3]=S*A+b*D+v*P+R*te,s[7]=S*_+b*U+v*H+R*W,s[11]=S*y+b*G+v*Z+R*$,s[15]=S*N+b*J+v*k+R*Q,this}multiplyScalar(e){let t=this.elements;return t[0]*=e,t[4]*=e,t[8]*=e,t[12]*=e,t[1]*=e,t[5]*=e,t[9]*=e,t[13]*=e,t[2]*=e,t[6]*=e,t[10]*=e,t[14]*=e,t[3]*=e,t[7]*=e,t[11]*=e,t[15]*=e,this}determinant(){let e=this.elements,t=e[0],i=e[4],r=e[8],s=e[12],o=e[1],a=e[5],h=e[9],l=e[13],c=e[2],p=e[6],u=e[10],d=e[14],M=e[3],E=e[7],m=e[11],f=e[15],S=h*d-l*u,b=a*d-l*p,v=a*u-h*p,R=o*d-l*c,A=o*u-h*c,_=o*p-a*c;return t*(E*S-m*b+f*v)-i*(M*S-m*R+f*A)+r*(M*b-E*R+f*_)-s*(M*v-E*A+m*_)}determinantAffine(){let e=this.elements,t=e[0],i=e[4],r=e[8],s=e[1],o=e[5],a=e[9],h=e[2],l=e[6],c=e[10];return t*(o*c-a*l)-i*(s*c-a*h)+r*(s*l-o*h)}transpose(){let e=this.elements,t;return t=e[1],e[1]=e[4],e[4]=t,t=e[2],e[2]=e[8],e[8]=t,t=e[6],e[6]=e[9],e[9]=t,t=e[3],e[3]=e[12],e[12]=t,t=e[7],e[7]=e[13],e[13]=t,t=e[11],e[11]=e[14],e[14]=t,this}setPosition(e,t,i){let r=this.elements;return e.isVector3?(r[12]=e.x,r[13]=e.y,r[14]=e.z):(r[12]=e,r[13]=t,r[14]=i),this}invert(){let e=this.elements,t=e[0],i=e[1],r=e[2],s=e[3],o=e[4],a=e[5],h=e[6],l=e[7],c=e[8],p=e[9],u=e[10],d=e[11],M=e[12],E=e[13],m=e[14],f=e[15],S=t*a-i*o,b=t*h-r*o,v=t*l-s*o,R=i*h-r*a,A=i*l-s*a,_=r*l-s*h,y=c*E-p*M,N=c*m-u*M,D=c*f-d*M,U=p*m-u*E,G=p*f-d*E,J=u*f-d*m,P=S*J-b*G+v*U+R*D-A*N+_*y;if(P===0)return this.set(0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0);let H=1/P;return e[0]=(a*J-h*G+l*U)*H,e[1]=(r*G-i*J-s*U)*H,e[2]=(E*_-m*A+f*R)*H,e[3]=(u*A-p*_-d*R)*H,e[4]=(h*D-o*J-l*N)*H,e[5]=(t*J-r*D+s*N)*H,e[6]=(m*v-M*_-f*b)*H,e[7]=(c*_-u*v+d*b)*H,e[8]=(o*G-a*D+l*y)*H,e[9]=(i*D-t*G-s*y)*H,e[10]=(M*A-E*v+f*S)*H,e[11]=(p*v-c*A-d*S)*H,e[12]=(a*N-o*U-h*y)*H,e[13]=(t*U-i*N+r*y)*H,e[14]=(E*b-M*R-m*S)*H,e[15]=(c*R-p*b+u*S)*H,this}scale(e){let t=this.elements,i=e.x,r=e.y,s=e.z;return t[0]*=i,t[4]*=r,t[8]*=s,t[1]*=i,t[5]*=r,t[9]*=s,t[2]*=i,t[6]*=r,t[10]*=s,t[3]*=i,t[7]*=r,t[11]*=s,this}getMaxScaleOnAxis(){let e=this.elements,t=e[0]*e[0]+e[1]*e[1]+e[2]*e[2],i=e[4]*e[4]+e[5]*e[5]+e[6]*e[6],r=e[8]*e[8]+e[9]*e[9]+e[10]*e[10];return Math.sqrt(Math.max(t,i,r))}makeTranslation(e,t,i){return e.isVector3?this.set(1,0,0,e.x,0,1,0,e.y,0,0,1,e.z,0,0,0,1):this.set(1,0,0,e,0,1,0,t,0,0,1,i,0,0,0,1),this}makeRotationX(e){let t=Math.cos(e),i=Math.sin(e);return this.set(1,0,0,0,0,t,-i,0,0,i,t,0,0,0,0,1),this}makeRotationY(e){let t=Math.cos(e),i=Math.sin(e);return this.set(t,0,i,0,0,1,0,0,-i,0,t,0,0,0,0,1),this}makeRotationZ(e){let t=Math.cos(e),i=Math.sin(e);return this.set(t,-i,0,0,i,t,0,0,0,0,1,0,0,0,0,1),this}makeRotationAxis(e,t){let i=Math.cos(t),r=Math.sin(t),s=1-i,o=e.x,a=e.y,h=e.z,l=s*o,c=s*a;return this.set(l*o+i,l*a-r*h,l*h+r*a,0,l*a+r*h,c*a+i,c*h-r*o,0,l*h-r*a,c*h+r*o,s*h*h+i,0,0,0,0,1),this}makeScale(e,t,i){return this.set(e,0,0,0,0,t,0,0,0,0,i,0,0,0,0,1),this}makeShear(e,t,i,r,s,o){return this.set(1,i,s,0,e,1,o,0,t,r,1,0,0,0,0,1),this}compose(e,t,i){let r=this.elements,s=t._x,o=t._y,a=t._z,h=t._w,l=s+s,c=o+o,p=a+a,u=s*l,d=s*c,M=s*p,E=o*c,m=o*p,f=a*p,S=h*l,b=h*c,v=h*p,R=i.x,A=i.y,_=i.z;return r[0]=(1-(E+f))*R,r[1]=(d+v)*R,r[2]=(M-b)*R,r[3]=0,r[4]=(d-v)*A,r[5]=(1-(u+f))*A,r[6]=(m+S)*A,r[7]=0,r[8]=(M+b)*_,r[9]=(m-S)*_,r[10]=(1-(u+E))*_,r[11]=0,r[12]=e.x,r[13]=e.y,r[14]=e.z,r[15]=1,this}decompose(e,t,i){let r=this.elements;e.x=r[12],e.y=r[13],e.z=r[14];let s=this.determinantAffine();if(s===0)return i.set(1,1,1),t.identity(),this;let o=Kn.set(r[0],r[1],r[2]).length(),a=Kn.set(r[4],r[5],r[6]).length(),h=Kn.set(r[8],r[9],r[10]).length();s<0&&(o=-o),Ei.copy(this);let l=1/o,c=1/a,p=1/h;return Ei.elements[0]*=l,Ei.elements[1]*=l,Ei.elements[2]*=l,Ei.elements[4]*=c,Ei.elements[5]*=c,Ei.elements[6]*=c,Ei.elements[8]*=p,Ei.elements[9]*=p,Ei.elements[10]*=p,t.setFromRotationMatrix(Ei),i.x=o,i.y=a,i.z=h,this}makePerspective(e,t,i,r,s,o,a=Nt,h=!1){let l=this.elements,c=2*s/(t-e),p=2*s/(i-r),u=(t+e)/(t-e),d=(i+r)/(i-r),M,E;if(h)M=s/(o-s),E=o*s/(o-s);else if(a===Nt)M=-(o+s)/(o-s),E=-2*o*s/(o-s);else if(a===Ni)M=-o/(o-s),E=-o*s/(o-s);else throw new Error("THREE.Matrix4.makePerspective(): Invalid coordinate system: "+a);return l[0]=c,l[4]=0,l[8]=u,l[12]=0,l[1]=0,l[5]=p,l[9]=d,l[13]=0,l[2]=0,l[6]=0,l[10]=M,l[14]=E,l[3]=0,l[7]=0,l[11]=-1,l[15]=0,this}makeOrthographic(e,t,i,r,s,o,a=Nt,h=!1){let l=this.elements,c=2/(t-e),p=2/(i-r),u=-(t+e)/(t-e),d=-(i+r)/(i-r),M,E;if(h)M=1/(o-s),E=o/(o-s);else if(a===Nt)M=-2/(o-s),E=-(o+s)/(o-s);else if(a===Ni)M=-1/(o-s),E=-s/(o-s);else throw new Error("THREE.Matrix4.makeOrthographic(): Invalid coordinate system: "+a);return l[0]=c,l[4]=0,l[8]=0,l[12]=u,l[1]=0,l[5]=p,l[9]=0,l[13]=d,l[2]=0,l[6]=0,l[10]=M,l[14]=E,l[3]=0,l[7]=0,l[11]=0,l[15]=1,this}equals(e){let t=this.elements,i=e.elements;for(let r=0;r<16;r++)if(t[r]!==i[r])return!1;return!0}fromArray(e,t=0){for(let i=0;i<16;i++)this.elements[i]=e[i+t];return this}toArray(e=[],t=0){let i=this.elements;return e[t]=i[0],e[t+1]=i[1],e[t+2]=i[2],e[t+3]=i[3],e[t+4]=i[4],e[t+5]=i[5],e[t+6]=i[6],e[t+7]=i[7],e[t+8]=i[8],e[t+9]=i[9],e[t+10]=i[10],e[t+11]=i[11],e[t+12]=i[12],e[t+13]=i[13],e[t+14]=i[14],e[t+15]=i[15],e}},Kn=new C,Ei=new Me,lp=new C(0,0,0),hp=new C(1,1,1),Qi=new C,vo=new C,ni=new C;var Ch=new Me,Ph=new Ct,ui=class n{constructor(e=0,t=0,i=0,r=n.DEFAULT_ORDER){this.isEuler=!0,this._x=e,this._y=t,this._z=i,this._order=r}get x(){return this._x}set x(e){this._x=e,this._onChangeCallback()}get y(){return this._y}set y(e){this._y=e,this._onChangeCallback()}get z(){return this._z}set z(e){this._z=e,this._onChangeCallback()}get order(){return this._order}set order(e){this._order=e,this._onChangeCallback()}set(e,t,i,r=this._order){return this._x=e,this._y=t,this._z=i,this._order=r,this._onChangeCallback(),this}clone(){return new this.constructor(this._x,this._y,this._z,this._order)}copy(e){return this._x=e._x,this._y=e._y,this._z=e._z,this._order=e._order,this._onChangeCallback(),this}setFromRotationMatrix(e,t=this._order,i=!0){let r=e.elements,s=r[0],o=r[4],a=r[8],h=r[1],l=r[5],c=r[9],p=r[2],u=r[6],d=r[10];switch(t){case"XYZ":this._y=Math.asin(Re(a,-1,1)),Math.abs(a)<.9999999?(this._x=Math.atan2(-c,d),this._z=Math.atan2(-o,s)):(this._x=Math.atan2(u,l),this._z=0);break;case"YXZ":this._x=Math.asin(-Re(c,-1,1)),Math.abs(c)<.9999999?(this._y=Math.atan2(a,d),this._z=Math.atan2(h,l)):(this._y=Math.atan2(-p,s),this._z=0);break;case"ZXY":this._x=Math.asin(Re(u,-1,1)),Math.abs(u)<.9999999?(this._y=Math.atan2(-p,d),this._z=Math.atan2(-o,l)):(this._y=0,this._z=Math.atan2(h,s));break;case"ZYX":this._y=Math.asin(-Re(p,-1,1)),Math.abs(p)<.9999999?(this._x=Math.atan2(u,d),this._z=Math.atan2(h,s)):(this._x=0,this._z=Math.atan2(-o,l));break;case"YZX":this._z=Math.asin(Re(h,-1,1)),Math.abs(h)<.9999999?(this._x=Math.atan2(-c,l),this._y=Math.atan2(-p,s)):(this._x=0,this._y=Math.atan2(a,d));break;case"XZY":this._z=Math.asin(-Re(o,-1,1)),Math.abs(o)<.9999999?(this._x=Math.atan2(u,l),this._y=Math.atan2(a,s)):(this._x=Math.atan2(-c,d),this._y=0);break;default:me("Euler: .setFromRotationMatrix() encountered an unknown order: "+t)}return this._order=t,i===!0&&this._onChangeCallback(),this}setFromQuaternion(e,t,i){return Ch.makeRotationFromQuaternion(e),this.setFromRotationMatrix(Ch,t,i)}setFromVector3(e,t=this._order){return this.set(e.x,e.y,e.z,t)}reorder(e){return Ph.setFromEuler(this),this.setFromQuaternion(Ph,e)}equals(e){return e._x===this._x&&e._y===this._y&&e._z===this._z&&e._order===this._order}fromArray(e){return this._x=e[0],this._y=e[1],this._z=e[2],e[3]!==void 0&&(this._order=e[3]),this._onChangeCallback(),this}toArray(e=[],t=0){return e[t]=this._x,e[t+1]=this._y,e[t+2]=this._z,e[t+3]=this._order,e}_onChange(e){return this._onChangeCallback=e,this}_onChangeCallback(){}*[Symbol.iterator](){yield this._x,yield this._y,yield this._z,yield this._order}};ui.DEFAULT_ORDER="XYZ";var Zn=class{constructor(){this.mask=1}set(e){this.mask=(1<<e|0)>>>0}enable(e){this.mask|=1<<e|0}enableAll(){this.mask=-1}toggle(e){this.mask^=1<<e|0}disable(e){this.mask&=~(1<<e|0)}disableAll(){this.mask=0}test(e){return(this.mask&e.mask)!==0}isEnabled(e){return(this.mask&(1<<e|0))!==0}};var cp=0,Lh=new C,Jn=new Ct,Fi=new Me,Ao=new C,Ms=new C,fp=new C,up=new Ct,Dh=new C(1,0,0),Ih=new C(0,1,0),Uh=new C(0,0,1),Nh={type:"added"},dp={type:"removed"},$n={type:"childadded",child:null},Ba={type:"childremoved",child:null},Ze=class n extends Rt{constructor(){super(),this.isObject3D=!0,Object.defineProperty(this,"id",{value:cp++}),this.uuid=zt(),this.name="",this.type="Object3D",this.parent=null,this.children=[],this.up=n.DEFAULT_UP.clone();let e=new C,t=new ui,i=new Ct,r=new C(1,1,1);function s(){i.setFromEuler(t,!1)}function o(){t.setFromQuaternion(i,void 0,!1)}t._onChange(s),i._onChange(o),Object.defineProperties(this,{position:{configurable:!0,enumerable:!0,value:e},rotation:{configurable:!0,enumerable:!0,value:t},quaternion:{configurable:!0,enumerable:!0,value:i},scale:{configurable:!0,enumerable:!0,value:r},modelViewMatrix:{value:new Me},normalMatrix:{value:new ve}}),this.matrix=new Me,this.matrixWorld=new Me,this.matrixAutoUpdate=n.DEFAULT_MATRIX_AUTO_UPDATE,this.matrixWorldAutoUpdate=n.DEFAULT_MATRIX_WORLD_AUTO_UPDATE,this.matrixWorldNeedsUpdate=!1,this.layers=new Zn,this.visible=!0,this.castShadow=!1,this.receiveShadow=!1,this.frustumCulled=!0,this.renderOrder=0,this.animations=[],this.customDepthMaterial=void 0,this.customDistanceMaterial=void 0,this.static=!1,this.userData={},this.pivot=null}onBeforeShadow(){}onAfterShadow(){}onBeforeRender(){}onAfterRender(){}applyMatrix4(e){this.matrixAutoUpdate&&this.updateMatrix(),this.matrix.premultiply(e),this.matrix.decompose(this.position,this.quaternion,this.scale),this.pivot!==null&&this.position.copy(this.pivot).applyMatrix4(this.matrix).sub(this.pivot)}applyQuaternion(e){return this.quaternion.premultiply(e),this}setRotationFromAxisAngle(e,t){this.quaternion.setFromAxisAngle(e,t)}setRotationFromEuler(e){this.quaternion.setFromEuler(e,!0)}setRotationFromMatrix(e){this.quaternion.setFromRotationMatrix(e)}setRotationFromQuaternion(e){this.quaternion.copy(e)}rotateOnAxis(e,t){return Jn.setFromAxisAngle(e,t),this.quaternion.multiply(Jn),this}rotateOnWorldAxis(e,t){return Jn.setFromAxisAngle(e,t),this.quaternion.premultiply(Jn),this}rotateX(e){return this.rotateOnAxis(Dh,e)}rotateY(e){return this.rotateOnAxis(Ih,e)}rotateZ(e){return this.rotateOnAxis(Uh,e)}translateOnAxis(e,t){return Lh.copy(e).applyQuaternion(this.quaternion),this.position.add(Lh.multiplyScalar(t)),this}translateX(e){return this.translateOnAxis(Dh,e)}translateY(e){return this.translateOnAxis(Ih,e)}translateZ(e){return this.translateOnAxis(Uh,e)}localToWorld(e){return this.updateWorldMatrix(!0,!1),e.applyMatrix4(this.matrixWorld)}worldToLocal(e){return this.updateWorldMatrix(!0,!1),e.applyMatrix4(Fi.copy(this.matrixWorld).invert())}lookAt(e,t,i){e.isVector3?Ao.copy(e):Ao.set(e,t,i);let r=this.parent;this.updateWorldMatrix(!0,!1),Ms.setFromMatrixPosition(this.matrixWorld),this.isCamera||this.isLight?Fi.lookAt(Ms,Ao,this.up):Fi.lookAt(Ao,Ms,this.up),this.quaternion.setFromRotationMatrix(Fi),r&&(Fi.extractRotation(r.matrixWorld),Jn.setFromRotationMatrix(Fi),this.quaternion.premultiply(Jn.invert()))}add(e){if(arguments.length>1){for(let t=0;t<arguments.length;t++)this.add(arguments[t]);return this}return e===this?(Ne("Object3D.add: object can't be added as a child of itself.",e),this):(e&&e.isObject3D?(e.removeFromParent(),e.parent=this,this.children.push(e),e.dispatchEvent(Nh),$n.child=e,this.dispatchEvent($n),$n.child=null):Ne("Object3D.add: object not an instance of THREE.Object3D.",e),this)}remove(e){if(arguments.length>1){for(let i=0;i<arguments.length;i++)this.remove(arguments[i]);return this}let t=this.children.indexOf(e);return t!==-1&&(e.parent=null,this.children.splice(t,1),e.dispatchEvent(dp),Ba.child=e,this.dispatchEvent(Ba),Ba.child=null),this}removeFromParent(){let e=this.parent;return e!==null&&e.remove(this),this}clear(){return this.remove(...this.children)}attach(e){return this.updateWorldMatrix(!0,!1),Fi.copy(this.matrixWorld).invert(),e.parent!==null&&(e.parent.updateWorldMatrix(!0,!1),Fi.multiply(e.parent.matrixWorld)),e.applyMatrix4(Fi),e.removeFromParent(),e.parent=this,this.children.push(e),e.updateWorldMatrix(!1,!0),e.dispatchEvent(Nh),$n.child=e,this.dispatchEvent($n),$n.child=null,this}getObjectById(e){return this.getObjectByProperty("id",e)}getObjectByName(e){return this.getObjectByProperty("name",e)}getObjectByProperty(e,t){if(this[e]===t)return this;for(let i=0,r=this.children.length;i<r;i++){let o=this.children[i].getObjectByProperty(e,t);if(o!==void 0)return o}}getObjectsByProperty(e,t,i=[]){this[e]===t&&i.push(this);let r=this.children;for(let s=0,o=r.length;s<o;s++)r[s].getObjectsByProperty(e,t,i);return i}getWorldPosition(e){return this.updateWorldMatrix(!0,!1),e.setFromMatrixPosition(this.matrixWorld)}getWorldQuaternion(e){return this.updateWorldMatrix(!0,!1),this.matrixWorld.decompose(Ms,e,fp),e}getWorldScale(e){return this.updateWorldMatrix(!0,!1),this.matrixWorld.decompose(Ms,up,e),e}getWorldDirection(e){this.updateWorldMatrix(!0,!1);let t=this.matrixWorld.elements;return e.set(t[8],t[9],t[10]).normalize()}raycast(){}intersectsFrustum(){return!0}traverse(e){e(this);let t=this.children;for(let i=0,r=t.length;i<r;i++)t[i].traverse(e)}traverseVisible(e){if(this.visible===!1)return;e(this);let t=this.children;for(let i=0,r=t.length;i<r;i++)t[i].traverseVisible(e)}traverseAncestors(e){let t=this.parent;t!==null&&(e(t),t.traverseAncestors(e))}updateMatrix(){this.matrix.compose(this.position,this.quaternion,this.scale);let e=this.pivot;if(e!==null){let t=e.x,i=e.y,r=e.z,s=this.matrix.elements;s[12]+=t-s[0]*t-s[4]*i-s[8]*r,s[13]+=i-s[1]*t-s[5]*i-s[9]*r,s[14]+=r-s[2]*t-s[6]*i-s[10]*r}this.matrixWorldNeedsUpdate=!0}updateMatrixWorld(e){this.matrixAutoUpdate&&this.updateMatrix(),(this.matrixWorldNeedsUpdate||e)&&(this.matrixWorldAutoUpdate===!0&&(this.parent===null?this.matrixWorld.copy(this.matrix):this.matrixWorld.multiplyMatrices(this.parent.matrixWorld,this.matrix)),this.matrixWorldNeedsUpdate=!1,e=!0);let t=this.children;for(let i=0,r=t.length;i<r;i++)t[i].updateMatrixWorld(e)}updateWorldMatrix(e,t,i=!1){let r=this.parent;if(e===!0&&r!==null&&r.updateWorldMatrix(!0,!1),this.matrixAutoUpdate&&this.updateMatrix(),(this.matrixWorldNeedsUpdate||i)&&(this.matrixWorldAutoUpdate===!0&&(this.parent===null?this.matrixWorld.copy(this.matrix):this.matrixWorld.multiplyMatrices(this.parent.matrixWorld,this.matrix)),this.matrixWorldNeedsUpdate=!1,i=!0),t===!0){let s=this.children;for(let o=0,a=s.length;o<a;o++)s[o].updateWorldMatrix(!1,!0,i)}}toJSON(e){let t=e===void 0||typeof e=="string",i={};t&&(e={geometries:{},materials:{},textures:{},images:{},shapes:{},skeletons:{},animations:{},nodes:{}},i.metadata={version:4.7,type:"Object",generator:"Object3D.toJSON"});let r={};r.uuid=this.uuid,r.type=this.type,r.name=this.name,r.castShadow=this.castShadow,r.receiveShadow=this.receiveShadow,r.visible=this.visible,r.frustumCulled=this.frustumCulled,r.renderOrder=this.renderOrder,r.static=this.static,r.matrixAutoUpdate=this.matrixAutoUpdate,Object.keys(this.userData).length>0&&(r.userData=this.userData),r.layers=this.layers.mask,r.matrix=this.matrix.toArray(),r.up=this.up.toArray(),this.pivot!==null&&(r.pivot=this.pivot.toArray()),this.morphTargetDictionary!==void 0&&(r.morphTargetDictionary=Object.assign({},this.morphTargetDictionary)),this.morphTargetInfluences!==void 0&&(r.morphTargetInfluences=this.morphTargetInfluences.slice()),this.isInstancedMesh&&(r.type="InstancedMesh",r.count=this.count,r.instanceMatrix=this.instanceMatrix.toJSON(),this.instanceColor!==null&&(r.instanceColor=this.instanceColor.toJSON())),this.isBatchedMesh&&(r.type="BatchedMesh",r.perObjectFrustumCulled=this.perObjectFrustumCulled,r.sortObjects=this.sortObjects,r.drawRanges=this._drawRanges,r.reservedRanges=this._reservedRanges,r.geometryInfo=this._geometryInfo.map(a=>({...a,boundingBox:a.boundingBox?a.boundingBox.toJSON():void 0,boundingSphere:a.boundingSphere?a.boundingSphere.toJSON():void 0})),r.instanceInfo=this._instanceInfo.map(a=>({...a})),r.availableInstanceIds=this._availableInstanceIds.slice(),r.availableGeometryIds=this._availableGeometryIds.slice(),r.nextIndexStart=this._nextIndexStart,r.nextVertexStart=this._nextVertexStart,r.geometryCount=this._geometryCount,r.maxInstanceCount=this._maxInstanceCount,r.maxVertexCount=this._maxVertexCount,r.maxIndexCount=this._maxIndexCount,r.geometryInitialized=this._geometryInitialized,r.matricesTexture=this._matricesTexture.toJSON(e),r.indirectTexture=this._indirectTexture.toJSON(e),this._colorsTexture!==null&&(r.colorsTexture=this._colorsTexture.toJSON(e)),this.boundingSphere!==null&&(r.boundingSphere=this.boundingSphere.toJSON()),this.boundingBox!==null&&(r.boundingBox=this.boundingBox.toJSON()));function s(a,h){return a[h.uuid]===void 0&&(a[h.uuid]=h.toJSON(e)),h.uuid}if(this.isScene)this.background&&(this.background.isColor?r.background=this.background.toJSON():this.background.isTexture&&(r.background=this.background.toJSON(e).uuid)),this.environment&&this.environment.isTexture&&this.environment.isRenderTargetTexture!==!0&&(r.environment=this.environment.toJSON(e).uuid);else if(this.isMesh||this.isLine||this.isPoints){r.geometry=s(e.geometries,this.geometry);let a=this.geometry.parameters;if(a!==void 0&&a.shapes!==void 0){let h=a.shapes;if(Array.isArray(h))for(let l=0,c=h.length;l<c;l++){let p=h[l];s(e.shapes,p)}else s(e.shapes,h)}}if(this.isSkinnedMesh&&(r.bindMode=this.bindMode,r.bindMatrix=this.bindMatrix.toArray(),this.skeleton!==void 0&&(s(e.skeletons,this.skeleton),r.skeleton=this.skeleton.uuid)),this.material!==void 0)if(Array.isArray(this.material)){let a=[];for(let h=0,l=this.material.length;h<l;h++)a.push(s(e.materials,this.material[h]));r.material=a}else r.material=s(e.materials,this.material);if(this.children.length>0){r.children=[];for(let a=0;a<this.children.length;a++)r.children.push(this.children[a].toJSON(e).object)}if(this.animations.length>0){r.animations=[];for(let a=0;a<this.animations.length;a++){let h=this.animations[a];r.animations.push(s(e.animations,h))}}if(t){let a=o(e.geometries),h=o(e.materials),l=o(e.textures),c=o(e.images),p=o(e.shapes),u=o(e.skeletons),d=o(e.animations),M=o(e.nodes);a.length>0&&(i.geometries=a),h.length>0&&(i.materials=h),l.length>0&&(i.textures=l),c.length>0&&(i.images=c),p.length>0&&(i.shapes=p),u.length>0&&(i.skeletons=u),d.length>0&&(i.animations=d),M.length>0&&(i.nodes=M)}return i.object=r,i;function o(a){let h=[];for(let l in a){let c=a[l];delete c.metadata,h.push(c)}return h}}clone(e){return new this.constructor().copy(this,e)}copy(e,t=!0){if(this.name=e.name,this.up.copy(e.up),this.position.copy(e.position),this.rotation.order=e.rotation.order,this.quaternion.copy(e.quaternion),this.scale.copy(e.scale),this.pivot=e.pivot!==null?e.pivot.clone():null,this.matrix.copy(e.matrix),this.matrixWorld.copy(e.matrixWorld),this.matrixAutoUpdate=e.matrixAutoUpdate,this.matrixWorldAutoUpdate=e.matrixWorldAutoUpdate,this.matrixWorldNeedsUpdate=e.matrixWorldNeedsUpdate,this.layers.mask=e.layers.mask,this.visible=e.visible,this.castShadow=e.castShadow,this.receiveShadow=e.receiveShadow,this.frustumCulled=e.frustumCulled,this.renderOrder=e.renderOrder,this.static=e.static,this.animations=e.animations.slice(),this.userData=JSON.parse(JSON.stringify(e.userData)),t===!0)for(let i=0;i<e.children.length;i++){let r=e.children[i];this.add(r.clone())}return this}dispose(){this.dispatchEvent({type:"dispose"})}};Ze.DEFAULT_UP=new C(0,1,0);Ze.DEFAULT_MATRIX_AUTO_UPDATE=!0;Ze.DEFAULT_MATRIX_WORLD_AUTO_UPDATE=!0;var Oi=class extends Ze{constructor(){super(),this.isGroup=!0,this.type="Group"}};var Fh={aliceblue:15792383,antiquewhite:16444375,aqua:65535,aquamarine:8388564,azure:15794175,beige:16119260,bisque:16770244,black:0,blanchedalmond:16772045,blue:255,blueviolet:9055202,brown:10824234,burlywood:14596231,cadetblue:6266528,chartreuse:8388352,chocolate:13789470,coral:16744272,cornflowerblue:6591981,cornsilk:16775388,crimson:14423100,cyan:65535,darkblue:139,darkcyan:35723,darkgoldenrod:12092939,darkgray:11119017,darkgreen:25600,darkgrey:11119017,darkkhaki:12433259,darkmagenta:9109643,darkolivegreen:5597999,darkorange:16747520,darkorchid:10040012,darkred:9109504,darksalmon:15308410,darkseagreen:9419919,darkslateblue:4734347,darkslategray:3100495,darkslategrey:3100495,darkturquoise:52945,darkviolet:9699539,deeppink:16716947,deepskyblue:49151,dimgray:6908265,dimgrey:6908265,dodgerblue:2003199,firebrick:11674146,floralwhite:16775920,forestgreen:2263842,fuchsia:16711935,gainsboro:14474460,ghostwhite:16316671,gold:16766720,goldenrod:14329120,gray:8421504,green:32768,greenyellow:11403055,grey:8421504,honeydew:15794160,hotpink:16738740,indianred:13458524,indigo:4915330,ivory:16777200,khaki:15787660,lavender:15132410,lavenderblush:16773365,lawngreen:8190976,lemonchiffon:16775885,lightblue:11393254,lightcoral:15761536,lightcyan:14745599,lightgoldenrodyellow:16448210,lightgray:13882323,lightgreen:9498256,lightgrey:13882323,lightpink:16758465,lightsalmon:16752762,lightseagreen:2142890,lightskyblue:8900346,lightslategray:7833753,lightslategrey:7833753,lightsteelblue:11584734,lightyellow:16777184,lime:65280,limegreen:3329330,linen:16445670,magenta:16711935,maroon:8388608,mediumaquamarine:6737322,mediumblue:205,mediumorchid:12211667,mediumpurple:9662683,mediumseagreen:3978097,mediumslateblue:8087790,mediumspringgreen:64154,mediumturquoise:4772300,mediumvioletred:13047173,midnightblue:1644912,mintcream:16121850,mistyrose:16770273,moccasin:16770229,navajowhite:16768685,navy:128,oldlace:16643558,olive:8421376,olivedrab:7048739,orange:16753920,orangered:16729344,orchid:14315734,palegoldenrod:15657130,palegreen:10025880,paleturquoise:11529966,palevioletred:14381203,papayawhip:16773077,peachpuff:16767673,peru:13468991,pink:16761035,plum:14524637,powderblue:11591910,purple:8388736,rebeccapurple:6697881,red:16711680,rosybrown:12357519,royalblue:4286945,saddlebrown:9127187,salmon:16416882,sandybrown:16032864,seagreen:3050327,seashell:16774638,sienna:10506797,silver:12632256,skyblue:8900331,slateblue:6970061,slategray:7372944,slategrey:7372944,snow:16775930,springgreen:65407,steelblue:4620980,tan:13808780,teal:32896,thistle:14204888,tomato:16737095,turquoise:4251856,violet:15631086,wheat:16113331,white:16777215,whitesmoke:16119285,yellow:16776960,yellowgreen:10145074},ji={h:0,s:0,l:0},bo={h:0,s:0,l:0};function Ga(n,e,t){return t<0&&(t+=1),t>1&&(t-=1),t<1/6?n+(e-n)*6*t:t<1/2?e:t<2/3?n+(e-n)*6*(2/3-t):n}var Se=class{constructor(e,t,i){return this.isColor=!0,this.r=1,this.g=1,this.b=1,this.set(e,t,i)}set(e,t,i){if(t===void 0&&i===void 0){let r=e;r&&r.isColor?this.copy(r):typeof r=="number"?this.setHex(r):typeof r=="string"&&this.setStyle(r)}else this.setRGB(e,t,i);return this}setScalar(e){return this.r=e,this.g=e,this.b=e,this}setHex(e,t=Ut){return e=Math.floor(e),this.r=(e>>16&255)/255,this.g=(e>>8&255)/255,this.b=(e&255)/255,Le.colorSpaceToWorking(this,t),this}setRGB(e,t,i,r=Le.workingColorSpace){return this.r=e,this.g=t,this.b=i,Le.colorSpaceToWorking(this,r),this}setHSL(e,t,i,r=Le.workingColorSpace){if(e=So(e,1),t=Re(t,0,1),i=Re(i,0,1),t===0)this.r=this.g=this.b=i;else{let s=i<=.5?i*(1+t):i+t-i*t,o=2*i-s;this.r=Ga(o,s,e+1/3),this.g=Ga(o,s,e),this.b=Ga(o,s,e-1/3)}return Le.colorSpaceToWorking(this,r),this}setStyle(e,t=Ut){function i(s){s!==void 0&&parseFloat(s)<1&&me("Color: Alpha component of "+e+" will be ignored.")}let r;if(r=/^(\w+)\(([^\)]*)\)/.exec(e)){let s,o=r[1],a=r[2];switch(o){case"rgb":case"rgba":if(s=/^\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(a))return i(s[4]),this.setRGB(Math.min(255,parseInt(s[1],10))/255,Math.min(255,parseInt(s[2],10))/255,Math.min(255,parseInt(s[3],10))/255,t);if(s=/^\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(a))return i(s[4]),this.setRGB(Math.min(100,parseFloat(s[1]))/100,Math.min(100,parseFloat(s[2]))/100,Math.min(100,parseFloat(s[3]))/100,t);break;case"hsl":case"hsla":if(s=/^\s*([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*,\s*(\d+(?:\.\d+)?|\.\d+)\%\s*(?:,\s*(\d+(?:\.\d+)?|\.\d+)\s*)?$/.exec(a))return i(s[4]),this.setHSL(parseFloat(s[1])/360,parseFloat(s[2])/100,parseFloat(s[3])/100,t);break;default:me("Color: Unknown color model "+e)}}else if(r=/^\#([A-Fa-f\d]+)$/.exec(e)){let s=r[1],o=s.length;if(o===3)return this.setRGB(parseInt(s.charAt(0),16)/15,parseInt(s.charAt(1),16)/15,parseInt(s.charAt(2),16)/15,t);if(o===6)return this.setHex(parseInt(s,16),t);me("Color: Invalid hex color "+e)}else if(e&&e.length>0)return this.setColorName(e,t);return this}setColorName(e,t=Ut){let i=Fh[e.toLowerCase()];return i!==void 0?this.setHex(i,t):me("Color: Unknown color "+e),this}clone(){return new this.constructor(this.r,this.g,this.b)}copy(e){return this.r=e.r,this.g=e.g,this.b=e.b,this}copySRGBToLinear(e){return this.r=yi(e.r),this.g=yi(e.g),this.b=yi(e.b),this}copyLinearToSRGB(e){return this.r=Mn(e.r),this.g=Mn(e.g),this.b=Mn(e.b),this}convertSRGBToLinear(){return this.copySRGBToLinear(this),this}convertLinearToSRGB(){return this.copyLinearToSRGB(this),this}getHex(e=Ut){return Le.workingToColorSpace(kt.copy(this),e),Math.round(Re(kt.r*255,0,255))*65536+Math.round(Re(kt.g*255,0,255))*256+Math.round(Re(kt.b*255,0,255))}getHexString(e=Ut){return("000000"+this.getHex(e).toString(16)).slice(-6)}getHSL(e,t=Le.workingColorSpace){Le.workingToColorSpace(kt.copy(this),t);let i=kt.r,r=kt.g,s=kt.b,o=Math.max(i,r,s),a=Math.min(i,r,s),h,l,c=(a+o)/2;if(a===o)h=0,l=0;else{let p=o-a;switch(l=c<=.5?p/(o+a):p/(2-o-a),o){case i:h=(r-s)/p+(r<s?6:0);break;case r:h=(s-i)/p+2;break;case s:h=(i-r)/p+4;break}h/=6}return e.h=h,e.s=l,e.l=c,e}getRGB(e,t=Le.workingColorSpace){return Le.workingToColorSpace(kt.copy(this),t),e.r=kt.r,e.g=kt.g,e.b=kt.b,e}getStyle(e=Ut){Le.workingToColorSpace(kt.copy(this),e);let t=kt.r,i=kt.g,r=kt.b;return e!==Ut?`color(${e} ${t.toFixed(3)} ${i.toFixed(3)} ${r.toFixed(3)})`:`rgb(${Math.round(t*255)},${Math.round(i*255)},${Math.round(r*255)})`}offsetHSL(e,t,i){return this.getHSL(ji),this.setHSL(ji.h+e,ji.s+t,ji.l+i)}add(e){return this.r+=e.r,this.g+=e.g,this.b+=e.b,this}addColors(e,t){return this.r=e.r+t.r,this.g=e.g+t.g,this.b=e.b+t.b,this}addScalar(e){return this.r+=e,this.g+=e,this.b+=e,this}sub(e){return this.r=Math.max(0,this.r-e.r),this.g=Math.max(0,this.g-e.g),this.b=Math.max(0,this.b-e.b),this}multiply(e){return this.r*=e.r,this.g*=e.g,this.b*=e.b,this}multiplyScalar(e){return this.r*=e,this.g*=e,this.b*=e,this}lerp(e,t){return this.r+=(e.r-this.r)*t,this.g+=(e.g-this.g)*t,this.b+=(e.b-this.b)*t,this}lerpColors(e,t,i){return this.r=e.r+(t.r-e.r)*i,this.g=e.g+(t.g-e.g)*i,this.b=e.b+(t.b-e.b)*i,this}lerpHSL(e,t){this.getHSL(ji),e.getHSL(bo);let i=Wn(ji.h,bo.h,t),r=Wn(ji.s,bo.s,t),s=Wn(ji.l,bo.l,t);return this.setHSL(i,r,s),this}setFromVector3(e){return this.r=e.x,this.g=e.y,this.b=e.z,this}applyMatrix3(e){let t=this.r,i=this.g,r=this.b,s=e.elements;return this.r=s[0]*t+s[3]*i+s[6]*r,this.g=s[1]*t+s[4]*i+s[7]*r,this.b=s[2]*t+s[5]*i+s[8]*r,this}equals(e){return e.r===this.r&&e.g===this.g&&e.b===this.b}fromArray(e,t=0){return this.r=e[t],this.g=e[t+1],this.b=e[t+2],this}toArray(e=[],t=0){return e[t]=this.r,e[t+1]=this.g,e[t+2]=this.b,e}fromBufferAttribute(e,t){return this.r=e.getX(t),this.g=e.getY(t),this.b=e.getZ(t),this}toJSON(){return this.getHex()}*[Symbol.iterator](){yield this.r,yield this.g,yield this.b}},kt=new Se;Se.NAMES=Fh;var Ss=class n{constructor(e,t=1,i=1e3){this.isFog=!0,this.name="",this.color=new Se(e),this.near=t,this.far=i}clone(){return new n(this.color,this.near,this.far)}toJSON(){return{type:"Fog",name:this.name,color:this.color.getHex(),near:this.near,far:this.far}}};var ys=class extends Ze{constructor(){super(),this.isScene=!0,this.type="Scene",this.background=null,this.environment=null,this.fog=null,this.backgroundBlurriness=0,this.backgroundIntensity=1,this.backgroundRotation=new ui,this.environmentIntensity=1,this.environmentRotation=new ui,this.overrideMaterial=null,typeof __THREE_DEVTOOLS__<"u"&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent("observe",{detail:this}))}copy(e,t){return super.copy(e,t),this.background=e.background!==null?e.background.clone():null,this.environment=e.environment!==null?e.environment.clone():null,this.fog=e.fog!==null?e.fog.clone():null,this.backgroundBlurriness=e.backgroundBlurriness,this.backgroundIntensity=e.backgroundIntensity,this.backgroundRotation.copy(e.backgroundRotation),this.environmentIntensity=e.environmentIntensity,this.environmentRotation.copy(e.environmentRotation),this.overrideMaterial=e.overrideMaterial!==null?e.overrideMaterial.clone():null,this.matrixAutoUpdate=e.matrixAutoUpdate,this}toJSON(e){let t=super.toJSON(e);return this.fog!==null&&(t.object.fog=this.fog.toJSON()),t.object.backgroundBlurriness=this.backgroundBlurriness,t.object.backgroundIntensity=this.backgroundIntensity,t.object.backgroundRotation=this.backgroundRotation.toArray(),t.object.environmentIntensity=this.environmentIntensity,t.object.environmentRotation=this.environmentRotation.toArray(),t}};var Ti=new C,Bi=new C,za=new C,Gi=new C,Qn=new C,jn=new C,Oh=new C,ka=new C,Ha=new C,Va=new C,Wa=new Ve,Xa=new Ve,Ya=new Ve,Pi=class n{constructor(e=new C,t=new C,i=new C){this.a=e,this.b=t,this.c=i}static getNormal(e,t,i,r){r.subVectors(i,t),Ti.subVectors(e,t),r.cross(Ti);let s=r.lengthSq();return s>0?r.multiplyScalar(1/Math.sqrt(s)):r.set(0,0,0)}static getBarycoord(e,t,i,r,s){Ti.subVectors(r,t),Bi.subVectors(i,t),za.subVectors(e,t);let o=Ti.dot(Ti),a=Ti.dot(Bi),h=Ti.dot(za),l=Bi.dot(Bi),c=Bi.dot(za),p=o*l-a*a;if(p===0)return s.set(0,0,0),null;let u=1/p,d=(l*h-a*c)*u,M=(o*c-a*h)*u;return s.set(1-d-M,M,d)}static containsPoint(e,t,i,r){return this.getBarycoord(e,t,i,r,Gi)===null?!1:Gi.x>=0&&Gi.y>=0&&Gi.x+Gi.y<=1}static getInterpolation(e,t,i,r,s,o,a,h){return this.getBarycoord(e,t,i,r,Gi)===null?(h.x=0,h.y=0,"z"in h&&(h.z=0),"w"in h&&(h.w=0),null):(h.setScalar(0),h.addScaledVector(s,Gi.x),h.addScaledVector(o,Gi.y),h.addScaledVector(a,Gi.z),h)}static getInterpolatedAttribute(e,t,i,r,s,o){return Wa.setScalar(0),Xa.setScalar(0),Ya.setScalar(0),Wa.fromBufferAttribute(e,t),Xa.fromBufferAttribute(e,i),Ya.fromBufferAttribute(e,r),o.setScalar(0),o.addScaledVector(Wa,s.x),o.addScaledVector(Xa,s.y),o.addScaledVector(Ya,s.z),o}static isFrontFacing(e,t,i,r){return Ti.subVectors(i,t),Bi.subVectors(e,t),Ti.cross(Bi).dot(r)<0}set(e,t,i){return this.a.copy(e),this.b.copy(t),this.c.copy(i),this}setFromPointsAndIndices(e,t,i,r){return this.a.copy(e[t]),this.b.copy(e[i]),this.c.copy(e[r]),this}setFromAttributeAndIndices(e,t,i,r){return this.a.fromBufferAttribute(e,t),this.b.fromBufferAttribute(e,i),this.c.fromBufferAttribute(e,r),this}clone(){return new this.constructor().copy(this)}copy(e){return this.a.copy(e.a),this.b.copy(e.b),this.c.copy(e.c),this}getArea(){return Ti.subVectors(this.c,this.b),Bi.subVectors(this.a,this.b),Ti.cross(Bi).length()*.5}getMidpoint(e){return e.addVectors(this.a,this.b).add(this.c).multiplyScalar(1/3)}getNormal(e){return n.getNormal(this.a,this.b,this.c,e)}getPlane(e){return e.setFromCoplanarPoints(this.a,this.b,this.c)}getBarycoord(e,t){return n.getBarycoord(e,this.a,this.b,this.c,t)}getInterpolation(e,t,i,r,s){return n.getInterpolation(e,this.a,this.b,this.c,t,i,r,s)}containsPoint(e){return n.containsPoint(e,this.a,this.b,this.c)}isFrontFacing(e){return n.isFrontFacing(this.a,this.b,this.c,e)}intersectsBox(e){return e.intersectsTriangle(this)}closestPointToPoint(e,t){let i=this.a,r=this.b,s=this.c,o,a;Qn.subVectors(r,i),jn.subVectors(s,i),ka.subVectors(e,i);let h=Qn.dot(ka),l=jn.dot(ka);if(h<=0&&l<=0)return t.copy(i);Ha.subVectors(e,r);let c=Qn.dot(Ha),p=jn.dot(Ha);if(c>=0&&p<=c)return t.copy(r);let u=h*p-c*l;if(u<=0&&h>=0&&c<=0&&h-c>0)return o=h/(h-c),t.copy(i).addScaledVector(Qn,o);Va.subVectors(e,s);let d=Qn.dot(Va),M=jn.dot(Va);if(M>=0&&d<=M)return t.copy(s);let E=d*l-h*M;if(E<=0&&l>=0&&M<=0)return a=l/(l-M),t.copy(i).addScaledVector(jn,a);let m=c*M-d*p;if(m<=0&&p-c>=0&&d-M>=0)return Oh.subVectors(s,r),a=(p-c)/(p-c+(d-M)),t.copy(r).addScaledVector(Oh,a);let f=1/(m+E+u);return o=E*f,a=u*f,t.copy(i).addScaledVector(Qn,o).addScaledVector(jn,a)}equals(e){return e.a.equals(this.a)&&e.b.equals(this.b)&&e.c.equals(this.c)}};var Qt=class{constructor(e=new C(1/0,1/0,1/0),t=new C(-1/0,-1/0,-1/0)){this.isBox3=!0,this.min=e,this.max=t}set(e,t){return this.min.copy(e),this.max.copy(t),this}setFromArray(e){this.makeEmpty();for(let t=0,i=e.length;t<i;t+=3)this.expandByPoint(vi.fromArray(e,t));return this}setFromBufferAttribute(e){this.makeEmpty();for(let t=0,i=e.count;t<i;t++)this.expandByPoint(vi.fromBufferAttribute(e,t));return this}setFromPoints(e){this.makeEmpty();for(let t=0,i=e.length;t<i;t++)this.expandByPoint(e[t]);return this}setFromCenterAndSize(e,t){let i=vi.copy(t).multiplyScalar(.5);return this.min.copy(e).sub(i),this.max.copy(e).add(i),this}setFromObject(e,t=!1){return this.makeEmpty(),this.expandByObject(e,t)}clone(){return new this.constructor().copy(this)}copy(e){return this.min.copy(e.min),this.max.copy(e.max),this}makeEmpty(){return this.min.x=this.min.y=this.min.z=1/0,this.max.x=this.max.y=this.max.z=-1/0,this}isEmpty(){return this.max.x<this.min.x||this.max.y<this.min.y||this.max.z<this.min.z}getCenter(e){return this.isEmpty()?e.set(0,0,0):e.addVectors(this.min,this.max).multiplyScalar(.5)}getSize(e){return this.isEmpty()?e.set(0,0,0):e.subVectors(this.max,this.min)}expandByPoint(e){return this.min.min(e),this.max.max(e),this}expandByVector(e){return this.min.sub(e),this.max.add(e),this}expandByScalar(e){return this.min.addScalar(-e),this.max.addScalar(e),this}expandByObject(e,t=!1){e.updateWorldMatrix(!1,!1);let i=e.geometry;if(i!==void 0){let s=i.getAttribute("position");if(t===!0&&s!==void 0&&e.isInstancedMesh!==!0&&e.isBatchedMesh!==!0)for(let o=0,a=s.count;o<a;o++)e.isMesh===!0?e.getVertexPosition(o,vi):vi.fromBufferAttribute(s,o),vi.applyMatrix4(e.matrixWorld),this.expandByPoint(vi);else e.boundingBox!==void 0?(e.boundingBox===null&&e.computeBoundingBox(),wo.copy(e.boundingBox)):(i.boundingBox===null&&i.computeBoundingBox(),wo.copy(i.boundingBox)),wo.applyMatrix4(e.matrixWorld),this.union(wo)}let r=e.children;for(let s=0,o=r.length;s<o;s++)this.expandByObject(r[s],t);return this}containsPoint(e){return e.x>=this.min.x&&e.x<=this.max.x&&e.y>=this.min.y&&e.y<=this.max.y&&e.z>=this.min.z&&e.z<=this.max.z}containsBox(e){return this.min.x<=e.min.x&&e.max.x<=this.max.x&&this.min.y<=e.min.y&&e.max.y<=this.max.y&&this.min.z<=e.min.z&&e.max.z<=this.max.z}getParameter(e,t){return t.set((e.x-this.min.x)/(this.max.x-this.min.x),(e.y-this.min.y)/(this.max.y-this.min.y),(e.z-this.min.z)/(this.max.z-this.min.z))}intersectsBox(e){return e.max.x>=this.min.x&&e.min.x<=this.max.x&&e.max.y>=this.min.y&&e.min.y<=this.max.y&&e.max.z>=this.min.z&&e.min.z<=this.max.z}intersectsSphere(e){return this.clampPoint(e.center,vi),vi.distanceToSquared(e.center)<=e.radius*e.radius}intersectsPlane(e){let t,i;return e.normal.x>0?(t=e.normal.x*this.min.x,i=e.normal.x*this.max.x):(t=e.normal.x*this.max.x,i=e.normal.x*this.min.x),e.normal.y>0?(t+=e.normal.y*this.min.y,i+=e.normal.y*this.max.y):(t+=e.normal.y*this.max.y,i+=e.normal.y*this.min.y),e.normal.z>0?(t+=e.normal.z*this.min.z,i+=e.normal.z*this.max.z):(t+=e.normal.z*this.max.z,i+=e.normal.z*this.min.z),t<=-e.constant&&i>=-e.constant}intersectsTriangle(e){if(this.isEmpty())return!1;this.getCenter(Es),Ro.subVectors(this.max,Es),er.subVectors(e.a,Es),tr.subVectors(e.b,Es),ir.subVectors(e.c,Es),en.subVectors(tr,er),tn.subVectors(ir,tr),Sn.subVectors(er,ir);let t=[0,-en.z,en.y,0,-tn.z,tn.y,0,-Sn.z,Sn.y,en.z,0,-en.x,tn.z,0,-tn.x,Sn.z,0,-Sn.x,-en.y,en.x,0,-tn.y,tn.x,0,-Sn.y,Sn.x,0];return!qa(t,er,tr,ir,Ro)||(t=[1,0,0,0,1,0,0,0,1],!qa(t,er,tr,ir,Ro))?!1:(Co.crossVectors(en,tn),t=[Co.x,Co.y,Co.z],qa(t,er,tr,ir,Ro))}clampPoint(e,t){return t.copy(e).clamp(this.min,this.max)}distanceToPoint(e){return this.clampPoint(e,vi).distanceTo(e)}getBoundingSphere(e){return this.isEmpty()?e.makeEmpty():(this.getCenter(e.center),e.radius=this.getSize(vi).length()*.5),e}intersect(e){return this.min.max(e.min),this.max.min(e.max),this.isEmpty()&&this.makeEmpty(),this}union(e){return this.min.min(e.min),this.max.max(e.max),this}applyMatrix4(e){return this.isEmpty()?this:(zi[0].set(this.min.x,this.min.y,this.min.z).applyMatrix4(e),zi[1].set(this.min.x,this.min.y,this.max.z).applyMatrix4(e),zi[2].set(this.min.x,this.max.y,this.min.z).applyMatrix4(e),zi[3].set(this.min.x,this.max.y,this.max.z).applyMatrix4(e),zi[4].set(this.max.x,this.min.y,this.min.z).applyMatrix4(e),zi[5].set(this.max.x,this.min.y,this.max.z).applyMatrix4(e),zi[6].set(this.max.x,this.max.y,this.min.z).applyMatrix4(e),zi[7].set(this.max.x,this.max.y,this.max.z).applyMatrix4(e),this.setFromPoints(zi),this)}translate(e){return this.min.add(e),this.max.add(e),this}equals(e){return e.min.equals(this.min)&&e.max.equals(this.max)}toJSON(){return{min:this.min.toArray(),max:this.max.toArray()}}fromJSON(e){return this.min.fromArray(e.min),this.max.fromArray(e.max),this}},zi=[new C,new C,new C,new C,new C,new C,new C,new C],vi=new C,wo=new Qt,er=new C,tr=new C,ir=new C,en=new C,tn=new C,Sn=new C,Es=new C,Ro=new C,Co=new C,yn=new C;function qa(n,e,t,i,r){for(let s=0,o=n.length-3;s<=o;s+=3){yn.fromArray(n,s);let a=r.x*Math.abs(yn.x)+r.y*Math.abs(yn.y)+r.z*Math.abs(yn.z),h=e.dot(yn),l=t.dot(yn),c=i.dot(yn);if(Math.max(-Math.max(h,l,c),Math.min(h,l,c))>a)return!1}return!0}var mt=new C,Po=new ae,pp=0,ht=class extends Rt{constructor(e,t,i=!1){if(super(),Array.isArray(e))throw new TypeError("THREE.BufferAttribute: array should be a Typed Array.");this.isBufferAttribute=!0,Object.defineProperty(this,"id",{value:pp++}),this.name="",this.array=e,this.itemSize=t,this.count=e!==void 0?e.length/t:0,this.normalized=i,this.usage=Mo,this.updateRanges=[],this.gpuType=ut,this.version=0,this._normalizationScale=e!==void 0?Xn(e):void 0}onUploadCallback(){}set needsUpdate(e){e===!0&&this.version++}setUsage(e){return this.usage=e,this}addUpdateRange(e,t){this.updateRanges.push({start:e,count:t})}clearUpdateRanges(){this.updateRanges.length=0}copy(e){return this.name=e.name,this.array=new e.array.constructor(e.array),this.itemSize=e.itemSize,this.count=e.count,this.normalized=e.normalized,this.usage=e.usage,this.gpuType=e.gpuType,this._normalizationScale=e._normalizationScale,this}copyAt(e,t,i){e*=this.itemSize,i*=t.itemSize;for(let r=0,s=this.itemSize;r<s;r++)this.array[e+r]=t.array[i+r];return this}copyArray(e){return this.array.set(e),this}applyMatrix3(e){if(this.itemSize===2)for(let t=0,i=this.count;t<i;t++)Po.fromBufferAttribute(this,t),Po.applyMatrix3(e),this.setXY(t,Po.x,Po.y);else if(this.itemSize===3)for(let t=0,i=this.count;t<i;t++)mt.fromBufferAttribute(this,t),mt.applyMatrix3(e),this.setXYZ(t,mt.x,mt.y,mt.z);return this}applyMatrix4(e){for(let t=0,i=this.count;t<i;t++)mt.fromBufferAttribute(this,t),mt.applyMatrix4(e),this.setXYZ(t,mt.x,mt.y,mt.z);return this}applyNormalMatrix(e){for(let t=0,i=this.count;t<i;t++)mt.fromBufferAttribute(this,t),mt.applyNormalMatrix(e),this.setXYZ(t,mt.x,mt.y,mt.z);return this}transformDirection(e){for(let t=0,i=this.count;t<i;t++)mt.fromBufferAttribute(this,t),mt.transformDirection(e),this.setXYZ(t,mt.x,mt.y,mt.z);return this}set(e,t=0){return this.array.set(e,t),this}getComponent(e,t){let i=this.array[e*this.itemSize+t];return this.normalized&&(i=this._denormalize(i)),i}setComponent(e,t,i){return this.normalized&&(i=this._normalize(i)),this.array[e*this.itemSize+t]=i,this}getX(e){let t=this.array[e*this.itemSize];return this.normalized&&(t=this._denormalize(t)),t}setX(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize]=t,this}getY(e){let t=this.array[e*this.itemSize+1];return this.normalized&&(t=this._denormalize(t)),t}setY(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+1]=t,this}getZ(e){let t=this.array[e*this.itemSize+2];return this.normalized&&(t=this._denormalize(t)),t}setZ(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+2]=t,this}getW(e){let t=this.array[e*this.itemSize+3];return this.normalized&&(t=this._denormalize(t)),t}setW(e,t){return this.normalized&&(t=this._normalize(t)),this.array[e*this.itemSize+3]=t,this}setXY(e,t,i){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),i=this._normalize(i)),this.array[e+0]=t,this.array[e+1]=i,this}setXYZ(e,t,i,r){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),i=this._normalize(i),r=this._normalize(r)),this.array[e+0]=t,this.array[e+1]=i,this.array[e+2]=r,this}setXYZW(e,t,i,r,s){return e*=this.itemSize,this.normalized&&(t=this._normalize(t),i=this._normalize(i),r=this._normalize(r),s=this._normalize(s)),this.array[e+0]=t,this.array[e+1]=i,this.array[e+2]=r,this.array[e+3]=s,this}onUpload(e){return this.onUploadCallback=e,this}clone(){return new this.constructor(this.array,this.itemSize).copy(this)}toJSON(){let e={itemSize:this.itemSize,type:this.array.constructor.name,array:Array.from(this.array),normalized:this.normalized};return e.name=this.name,e.usage=this.usage,e.gpuType=this.gpuType,e}dispose(){this.dispatchEvent({type:"dispose"})}_denormalize(e){let t=this._normalizationScale;return t!==void 0?Math.max(e/t,-1):gs(e,this.array)}_normalize(e){let t=this._normalizationScale;return t!==void 0?Math.round(e*t):xs(e,this.array)}};var nr=class extends ht{constructor(e,t,i){super(new Uint16Array(e),t,i)}};var rr=class extends ht{constructor(e,t,i){super(new Uint32Array(e),t,i)}};var Be=class extends ht{constructor(e,t,i){super(new Float32Array(e),t,i)}};var mp=new Qt,Ts=new C,Ka=new C,Ht=class{constructor(e=new C,t=-1){this.isSphere=!0,this.center=e,this.radius=t}set(e,t){return this.center.copy(e),this.radius=t,this}setFromPoints(e,t){let i=this.center;t!==void 0?i.copy(t):mp.setFromPoints(e).getCenter(i);let r=0;for(let s=0,o=e.length;s<o;s++)r=Math.max(r,i.distanceToSquared(e[s]));return this.radius=Math.sqrt(r),this}copy(e){return this.center.copy(e.center),this.radius=e.radius,this}isEmpty(){return this.radius<0}makeEmpty(){return this.center.set(0,0,0),this.radius=-1,this}containsPoint(e){return e.distanceToSquared(this.center)<=this.radius*this.radius}distanceToPoint(e){return e.distanceTo(this.center)-this.radius}intersectsSphere(e){let t=this.radius+e.radius;return e.center.distanceToSquared(this.center)<=t*t}intersectsBox(e){return e.intersectsSphere(this)}intersectsPlane(e){return Math.abs(e.distanceToPoint(this.center))<=this.radius}clampPoint(e,t){let i=this.center.distanceToSquared(e);return t.copy(e),i>this.radius*this.radius&&(t.sub(this.center).normalize(),t.multiplyScalar(this.radius).add(this.center)),t}getBoundingBox(e){return this.isEmpty()?(e.makeEmpty(),e):(e.set(this.center,this.center),e.expandByScalar(this.radius),e)}applyMatrix4(e){return this.center.applyMatrix4(e),this.radius=this.radius*e.getMaxScaleOnAxis(),this}translate(e){return this.center.add(e),this}expandByPoint(e){if(this.isEmpty())return this.center.copy(e),this.radius=0,this;Ts.subVectors(e,this.center);let t=Ts.lengthSq();if(t>this.radius*this.radius){let i=Math.sqrt(t),r=(i-this.radius)*.5;this.center.addScaledVector(Ts,r/i),this.radius+=r}return this}union(e){return e.isEmpty()?this:this.isEmpty()?(this.copy(e),this):(this.center.equals(e.center)===!0?this.radius=Math.max(this.radius,e.radius):(Ka.subVectors(e.center,this.center).setLength(e.radius),this.expandByPoint(Ts.copy(e.center).add(Ka)),this.expandByPoint(Ts.copy(e.center).sub(Ka))),this)}equals(e){return e.center.equals(this.center)&&e.radius===this.radius}clone(){return new this.constructor().copy(this)}toJSON(){return{radius:this.radius,center:this.center.toArray()}}fromJSON(e){return this.radius=e.radius,this.center.fromArray(e.center),this}};var _p=0,di=new Me,Za=new Ze,sr=new C,ri=new Qt,vs=new Qt,Pt=new C,qe=class n extends Rt{constructor(){super(),this.isBufferGeometry=!0,Object.defineProperty(this,"id",{value:_p++}),this.uuid=zt(),this.name="",this.type="BufferGeometry",this.index=null,this.indirect=null,this.indirectOffset=0,this.attributes={},this.morphAttributes={},this.morphTargetsRelative=!1,this.groups=[],this.boundingBox=null,this.boundingSphere=null,this.drawRange={start:0,count:1/0},this.userData={},this._transformed=!1}getIndex(){return this.index}setIndex(e){return Array.isArray(e)?this.index=new(Sh(e)?rr:nr)(e,1):this.index=e,this}setIndirect(e,t=0){return this.indirect=e,this.indirectOffset=t,this}getIndirect(){return this.indirect}getAttribute(e){return this.attributes[e]}setAttribute(e,t){return this.attributes[e]=t,this}deleteAttribute(e){return delete this.attributes[e],this}hasAttribute(e){return this.attributes[e]!==void 0}addGroup(e,t,i=0){this.groups.push({start:e,count:t,materialIndex:i})}clearGroups(){this.groups=[]}setDrawRange(e,t){this.drawRange.start=e,this.drawRange.count=t}applyMatrix4(e){let t=this.attributes.position;t!==void 0&&(t.applyMatrix4(e),t.needsUpdate=!0);let i=this.attributes.normal;if(i!==void 0){let s=new ve().getNormalMatrix(e);i.applyNormalMatrix(s),i.needsUpdate=!0}let r=this.attributes.tangent;return r!==void 0&&(r.transformDirection(e),r.needsUpdate=!0),this.boundingBox!==null&&this.computeBoundingBox(),this.boundingSphere!==null&&this.computeBoundingSphere(),this._transformed=!0,this}applyQuaternion(e){return di.makeRotationFromQuaternion(e),this.applyMatrix4(di),this}rotateX(e){return di.makeRotationX(e),this.applyMatrix4(di),this}rotateY(e){return di.makeRotationY(e),this.applyMatrix4(di),this}rotateZ(e){return di.makeRotationZ(e),this.applyMatrix4(di),this}translate(e,t,i){return di.makeTranslation(e,t,i),this.applyMatrix4(di),this}scale(e,t,i){return di.makeScale(e,t,i),this.applyMatrix4(di),this}lookAt(e){return Za.lookAt(e),Za.updateMatrix(),this.applyMatrix4(Za.matrix),this}center(){return this.computeBoundingBox(),this.boundingBox.getCenter(sr).negate(),this.translate(sr.x,sr.y,sr.z),this}setFromPoints(e){let t=this.getAttribute("position");if(t===void 0){let i=[];for(let r=0,s=e.length;r<s;r++){let o=e[r];i.push(o.x,o.y,o.z||0)}this.setAttribute("position",new Be(i,3))}else{let i=Math.min(e.length,t.count);for(let r=0;r<i;r++){let s=e[r];t.setXYZ(r,s.x,s.y,s.z||0)}e.length>t.count&&me("BufferGeometry: Buffer size too small for points data. Use .dispose() and create a new geometry."),t.needsUpdate=!0}return this}computeBoundingBox(){this.boundingBox===null&&(this.boundingBox=new Qt);let e=this.attributes.position,t=this.morphAttributes.position;if(e&&e.isGLBufferAttribute){Ne("BufferGeometry.computeBoundingBox(): GLBufferAttribute requires a manual bounding box.",this),this.boundingBox.set(new C(-1/0,-1/0,-1/0),new C(1/0,1/0,1/0));return}if(e!==void 0){if(this.boundingBox.setFromBufferAttribute(e),t)for(let i=0,r=t.length;i<r;i++){let s=t[i];ri.setFromBufferAttribute(s),this.morphTargetsRelative?(Pt.addVectors(this.boundingBox.min,ri.min),this.boundingBox.expandByPoint(Pt),Pt.addVectors(this.boundingBox.max,ri.max),this.boundingBox.expandByPoint(Pt)):(this.boundingBox.expandByPoint(ri.min),this.boundingBox.expandByPoint(ri.max))}}else this.boundingBox.makeEmpty();(isNaN(this.boundingBox.min.x)||isNaN(this.boundingBox.min.y)||isNaN(this.boundingBox.min.z))&&Ne('BufferGeometry.computeBoundingBox(): Computed min/max have NaN values. The "position" attribute is likely to have NaN values.',this)}computeBoundingSphere(){this.boundingSphere===null&&(this.boundingSphere=new Ht);let e=this.attributes.position,t=this.morphAttributes.position;if(e&&e.isGLBufferAttribute){Ne("BufferGeometry.computeBoundingSphere(): GLBufferAttribute requires a manual bounding sphere.",this),this.boundingSphere.set(new C,1/0);return}if(e){let i=this.boundingSphere.center;if(ri.setFromBufferAttribute(e),t)for(let s=0,o=t.length;s<o;s++){let a=t[s];vs.setFromBufferAttribute(a),this.morphTargetsRelative?(Pt.addVectors(ri.min,vs.min),ri.expandByPoint(Pt),Pt.addVectors(ri.max,vs.max),ri.expandByPoint(Pt)):(ri.expandByPoint(vs.min),ri.expandByPoint(vs.max))}ri.getCenter(i);let r=0;for(let s=0,o=e.count;s<o;s++)Pt.fromBufferAttribute(e,s),r=Math.max(r,i.distanceToSquared(Pt));if(t)for(let s=0,o=t.length;s<o;s++){let a=t[s],h=this.morphTargetsRelative;for(let l=0,c=a.count;l<c;l++)Pt.fromBufferAttribute(a,l),h&&(sr.fromBufferAttribute(e,l),Pt.add(sr)),r=Math.max(r,i.distanceToSquared(Pt))}this.boundingSphere.radius=Math.sqrt(r),isNaN(this.boundingSphere.radius)&&Ne('BufferGeometry.computeBoundingSphere(): Computed radius is NaN. The "position" attribute is likely to have NaN values.',this)}}computeTangents(){let e=this.index,t=this.attributes;if(e===null||t.position===void 0||t.normal===void 0||t.uv===void 0){Ne("BufferGeometry: .computeTangents() failed. Missing required attributes (index, position, normal or uv)");return}let i=t.position,r=t.normal,s=t.uv,o=this.getAttribute("tangent");(o===void 0||o.count!==i.count)&&(o=new ht(new Float32Array(4*i.count),4),this.setAttribute("tangent",o));let a=[],h=[],l=new Uint8Array(i.count);for(let N=0;N<i.count;N++)a[N]=new C,h[N]=new C;let c=new C,p=new C,u=new C,d=new ae,M=new ae,E=new ae,m=new C,f=new C;function S(N,D,U){l[N]=l[D]=l[U]=1,c.fromBufferAttribute(i,N),p.fromBufferAttribute(i,D),u.fromBufferAttribute(i,U),d.fromBufferAttribute(s,N),M.fromBufferAttribute(s,D),E.fromBufferAttribute(s,U),p.sub(c),u.sub(c),M.sub(d),E.sub(d);let G=1/(M.x*E.y-E.x*M.y);isFinite(G)&&(m.copy(p).multiplyScalar(E.y).addScaledVector(u,-M.y).multiplyScalar(G),f.copy(u).multiplyScalar(M.x).addScaledVector(p,-E.x).multiplyScalar(G),a[N].add(m),a[D].add(m),a[U].add(m),h[N].add(f),h[D].add(f),h[U].add(f))}let b=this.groups;b.length===0&&(b=[{start:0,count:e.count}]);for(let N=0,D=b.length;N<D;++N){let U=b[N],G=U.start,J=U.count;for(let P=G,H=G+J;P<H;P+=3)S(e.getX(P+0),e.getX(P+1),e.getX(P+2))}let v=new C,R=new C,A=new C,_=new C;function y(N){A.fromBufferAttribute(r,N),_.copy(A);let D=a[N];v.copy(D),v.sub(A.multiplyScalar(A.dot(D))).normalize(),R.crossVectors(_,D);let G=R.dot(h[N])<0?-1:1;o.setXYZW(N,v.x,v.y,v.z,G)}for(let N=0,D=i.count;N<D;++N)l[N]&&y(N);this._transformed=!0}computeVertexNormals(){let e=this.index,t=this.getAttribute("position");if(t!==void 0){let i=this.getAttribute("normal");if(i===void 0||i.count!==t.count)i=new ht(new Float32Array(t.count*3),3),this.setAttribute("normal",i);else for(let u=0,d=i.count;u<d;u++)i.setXYZ(u,0,0,0);let r=new C,s=new C,o=new C,a=new C,h=new C,l=new C,c=new C,p=new C;if(e)for(let u=0,d=e.count;u<d;u+=3){let M=e.getX(u+0),E=e.getX(u+1),m=e.getX(u+2);r.fromBufferAttribute(t,M),s.fromBufferAttribute(t,E),o.fromBufferAttribute(t,m),c.subVectors(o,s),p.subVectors(r,s),c.cross(p),a.fromBufferAttribute(i,M),h.fromBufferAttribute(i,E),l.fromBufferAttribute(i,m),a.add(c),h.add(c),l.add(c),i.setXYZ(M,a.x,a.y,a.z),i.setXYZ(E,h.x,h.y,h.z),i.setXYZ(m,l.x,l.y,l.z)}else for(let u=0,d=t.count;u<d;u+=3)r.fromBufferAttribute(t,u+0),s.fromBufferAttribute(t,u+1),o.fromBufferAttribute(t,u+2),c.subVectors(o,s),p.subVectors(r,s),c.cross(p),i.setXYZ(u+0,c.x,c.y,c.z),i.setXYZ(u+1,c.x,c.y,c.z),i.setXYZ(u+2,c.x,c.y,c.z);this.normalizeNormals(),i.needsUpdate=!0}}normalizeNormals(){let e=this.attributes.normal;for(let t=0,i=e.count;t<i;t++)Pt.fromBufferAttribute(e,t),Pt.normalize(),e.setXYZ(t,Pt.x,Pt.y,Pt.z)}toNonIndexed(){function e(a,h){let l=a.array,c=a.itemSize,p=a.normalized,u=new l.constructor(h.length*c),d=0,M=0;for(let E=0,m=h.length;E<m;E++){a.isInterleavedBufferAttribute?d=h[E]*a.data.stride+a.offset:d=h[E]*c;for(let f=0;f<c;f++)u[M++]=l[d++]}return new ht(u,c,p)}if(this.index===null)return me("BufferGeometry.toNonIndexed(): BufferGeometry is already non-indexed."),this;let t=new n,i=this.index.array,r=this.attributes;for(let a in r){let h=r[a],l=e(h,i);t.setAttribute(a,l)}let s=this.morphAttributes;for(let a in s){let h=[],l=s[a];for(let c=0,p=l.length;c<p;c++){let u=l[c],d=e(u,i);h.push(d)}t.morphAttributes[a]=h}t.morphTargetsRelative=this.morphTargetsRelative;let o=this.groups;for(let a=0,h=o.length;a<h;a++){let l=o[a];t.addGroup(l.start,l.count,l.materialIndex)}return t}toJSON(){let e={metadata:{version:4.7,type:"BufferGeometry",generator:"BufferGeometry.toJSON"}};if(e.uuid=this.uuid,e.type=this.parameters!==void 0&&this._transformed===!0?"BufferGeometry":this.type,e.name=this.name,Object.keys(this.userData).length>0&&(e.userData=this.userData),this.parameters!==void 0&&this._transformed!==!0){let h=this.parameters;for(let l in h)h[l]!==void 0&&(e[l]=h[l]);return e}e.data={attributes:{}};let t=this.index;t!==null&&(e.data.index={type:t.array.constructor.name,array:Array.prototype.slice.call(t.array)});let i=this.attributes;for(let h in i){let l=i[h];e.data.attributes[h]=l.toJSON(e.data)}let r={},s=!1;for(let h in this.morphAttributes){let l=this.morphAttributes[h],c=[];for(let p=0,u=l.length;p<u;p++){let d=l[p];c.push(d.toJSON(e.data))}c.length>0&&(r[h]=c,s=!0)}s&&(e.data.morphAttributes=r,e.data.morphTargetsRelative=this.morphTargetsRelative);let o=this.groups;o.length>0&&(e.data.groups=JSON.parse(JSON.stringify(o)));let a=this.boundingSphere;return a!==null&&(e.data.boundingSphere=a.toJSON()),e}clone(){return new this.constructor().copy(this)}copy(e){this.index=null,this.attributes={},this.morphAttributes={},this.groups=[],this.boundingBox=null,this.boundingSphere=null;let t={};this.name=e.name;let i=e.index;i!==null&&this.setIndex(i.clone());let r=e.attributes;for(let l in r){let c=r[l];this.setAttribute(l,c.clone(t))}let s=e.morphAttributes;for(let l in s){let c=[],p=s[l];for(let u=0,d=p.length;u<d;u++)c.push(p[u].clone(t));this.morphAttributes[l]=c}this.morphTargetsRelative=e.morphTargetsRelative;let o=e.groups;for(let l=0,c=o.length;l<c;l++){let p=o[l];this.addGroup(p.start,p.count,p.materialIndex)}let a=e.boundingBox;a!==null&&(this.boundingBox=a.clone());let h=e.boundingSphere;return h!==null&&(this.boundingSphere=h.clone()),this.drawRange.start=e.drawRange.start,this.drawRange.count=e.drawRange.count,this.userData=e.userData,this._transformed=e._transformed,this}dispose(){this.dispatchEvent({type:"dispose"})}};var Lo=class{constructor(e,t){this.isInterleavedBuffer=!0,this.array=e,this.stride=t,this.count=e!==void 0?e.length/t:0,this.usage=Mo,this.updateRanges=[],this.version=0,this.uuid=zt()}onUploadCallback(){}set needsUpdate(e){e===!0&&this.version++}setUsage(e){return this.usage=e,this}addUpdateRange(e,t){this.updateRanges.push({start:e,count:t})}clearUpdateRanges(){this.updateRanges.length=0}copy(e){return this.array=new e.array.constructor(e.array),this.count=e.count,this.stride=e.stride,this.usage=e.usage,this}copyAt(e,t,i){e*=this.stride,i*=t.stride;for(let r=0,s=this.stride;r<s;r++)this.array[e+r]=t.array[i+r];return this}set(e,t=0){return this.array.set(e,t),this}clone(e){e.arrayBuffers===void 0&&(e.arrayBuffers={});let t=Bh(this.array);e.arrayBuffers[t]===void 0&&(e.arrayBuffers[t]=this.array.slice(0).buffer);let i=new this.array.constructor(e.arrayBuffers[t]),r=new this.constructor(i,this.stride);return r.setUsage(this.usage),r}onUpload(e){return this.onUploadCallback=e,this}toJSON(e){e.arrayBuffers===void 0&&(e.arrayBuffers={});let t=Bh(this.array);e.arrayBuffers[t]===void 0&&(e.arrayBuffers[t]=Array.from(new Uint32Array(this.array.slice(0).buffer)));let i={uuid:this.uuid,buffer:t,type:this.array.constructor.name,stride:this.stride};return i.usage=this.usage,i}};function Bh(n){return n.buffer._uuid===void 0&&(n.buffer._uuid=zt()),n.byteOffset===0&&n.byteLength===n.buffer.byteLength?n.buffer._uuid:n.buffer._uuid+":"+n.byteOffset+":"+n.byteLength}var Kt=new C,As=class n{constructor(e,t,i,r=!1){this.isInterleavedBufferAttribute=!0,this.name="",this.data=e,this.itemSize=t,this.offset=i,this.normalized=r,this._normalizationScale=e!==void 0?Xn(e.array):void 0}get count(){return this.data.count}get array(){return this.data.array}set needsUpdate(e){this.data.needsUpdate=e}applyMatrix4(e){for(let t=0,i=this.data.count;t<i;t++)Kt.fromBufferAttribute(this,t),Kt.applyMatrix4(e),this.setXYZ(t,Kt.x,Kt.y,Kt.z);return this}applyNormalMatrix(e){for(let t=0,i=this.count;t<i;t++)Kt.fromBufferAttribute(this,t),Kt.applyNormalMatrix(e),this.setXYZ(t,Kt.x,Kt.y,Kt.z);return this}transformDirection(e){for(let t=0,i=this.count;t<i;t++)Kt.fromBufferAttribute(this,t),Kt.transformDirection(e),this.setXYZ(t,Kt.x,Kt.y,Kt.z);return this}getComponent(e,t){let i=this.array[e*this.data.stride+this.offset+t];return this.normalized&&(i=this._denormalize(i)),i}setComponent(e,t,i){return this.normalized&&(i=this._normalize(i)),this.data.array[e*this.data.stride+this.offset+t]=i,this}setX(e,t){return this.normalized&&(t=this._normalize(t)),this.data.array[e*this.data.stride+this.offset]=t,this}setY(e,t){return this.normalized&&(t=this._normalize(t)),this.data.array[e*this.data.stride+this.offset+1]=t,this}setZ(e,t){return this.normalized&&(t=this._normalize(t)),this.data.array[e*this.data.stride+this.offset+2]=t,this}setW(e,t){return this.normalized&&(t=this._normalize(t)),this.data.array[e*this.data.stride+this.offset+3]=t,this}getX(e){let t=this.data.array[e*this.data.stride+this.offset];return this.normalized&&(t=this._denormalize(t)),t}getY(e){let t=this.data.array[e*this.data.stride+this.offset+1];return this.normalized&&(t=this._denormalize(t)),t}getZ(e){let t=this.data.array[e*this.data.stride+this.offset+2];return this.normalized&&(t=this._denormalize(t)),t}getW(e){let t=this.data.array[e*this.data.stride+this.offset+3];return this.normalized&&(t=this._denormalize(t)),t}setXY(e,t,i){return e=e*this.data.stride+this.offset,this.normalized&&(t=this._normalize(t),i=this._normalize(i)),this.data.array[e+0]=t,this.data.array[e+1]=i,this}setXYZ(e,t,i,r){return e=e*this.data.stride+this.offset,this.normalized&&(t=this._normalize(t),i=this._normalize(i),r=this._normalize(r)),this.data.array[e+0]=t,this.data.array[e+1]=i,this.data.array[e+2]=r,this}setXYZW(e,t,i,r,s){return e=e*this.data.stride+this.offset,this.normalized&&(t=this._normalize(t),i=this._normalize(i),r=this._normalize(r),s=this._normalize(s)),this.data.array[e+0]=t,this.data.array[e+1]=i,this.data.array[e+2]=r,this.data.array[e+3]=s,this}clone(e){if(e===void 0){Hn("InterleavedBufferAttribute.clone(): Cloning an interleaved buffer attribute will de-interleave buffer data.");let t=[];for(let i=0;i<this.count;i++){let r=i*this.data.stride+this.offset;for(let s=0;s<this.itemSize;s++)t.push(this.data.array[r+s])}return new ht(new this.array.constructor(t),this.itemSize,this.normalized)}else return e.interleavedBuffers===void 0&&(e.interleavedBuffers={}),e.interleavedBuffers[this.data.uuid]===void 0&&(e.interleavedBuffers[this.data.uuid]=this.data.clone(e)),new n(e.interleavedBuffers[this.data.uuid],this.itemSize,this.offset,this.normalized)}toJSON(e){if(e===void 0){Hn("InterleavedBufferAttribute.toJSON(): Serializing an interleaved buffer attribute will de-interleave buffer data.");let t=[];for(let i=0;i<this.count;i++){let r=i*this.data.stride+this.offset;for(let s=0;s<this.itemSize;s++)t.push(this.data.array[r+s])}return{itemSize:this.itemSize,type:this.array.constructor.name,array:t,normalized:this.normalized}}else return e.interleavedBuffers===void 0&&(e.interleavedBuffers={}),e.interleavedBuffers[this.data.uuid]===void 0&&(e.interleavedBuffers[this.data.uuid]=this.data.toJSON(e)),{isInterleavedBufferAttribute:!0,itemSize:this.itemSize,data:this.data.uuid,offset:this.offset,normalized:this.normalized}}_denormalize(e){let t=this._normalizationScale;return t!==void 0?Math.max(e/t,-1):gs(e,this.data.array)}_normalize(e){let t=this._normalizationScale;return t!==void 0?Math.round(e*t):xs(e,this.data.array)}};var Ja=new C,gp=new C,xp=new ve,Vt=class{constructor(e=new C(1,0,0),t=0){this.isPlane=!0,this.normal=e,this.constant=t}set(e,t){return this.normal.copy(e),this.constant=t,this}setComponents(e,t,i,r){return this.normal.set(e,t,i),this.constant=r,this}setFromNormalAndCoplanarPoint(e,t){return this.normal.copy(e),this.constant=-t.dot(this.normal),this}setFromCoplanarPoints(e,t,i){let r=Ja.subVectors(i,t).cross(gp.subVectors(e,t)).normalize();return this.setFromNormalAndCoplanarPoint(r,e),this}copy(e){return this.normal.copy(e.normal),this.constant=e.constant,this}normalize(){let e=1/this.normal.length();return this.normal.multiplyScalar(e),this.constant*=e,this}negate(){return this.constant*=-1,this.normal.negate(),this}distanceToPoint(e){return this.normal.dot(e)+this.constant}distanceToSphere(e){return this.distanceToPoint(e.center)-e.radius}projectPoint(e,t){return t.copy(e).addScaledVector(this.normal,-this.distanceToPoint(e))}intersectLine(e,t,i=!0){let r=e.delta(Ja),s=this.normal.dot(r);if(s===0)return this.distanceToPoint(e.start)===0?t.copy(e.start):null;let o=-(e.start.dot(this.normal)+this.constant)/s;return i===!0&&(o<0||o>1)?null:t.copy(e.start).addScaledVector(r,o)}intersectsLine(e){let t=this.distanceToPoint(e.start),i=this.distanceToPoint(e.end);return t<0&&i>0||i<0&&t>0}intersectsBox(e){return e.intersectsPlane(this)}intersectsSphere(e){return e.intersectsPlane(this)}coplanarPoint(e){return e.copy(this.normal).multiplyScalar(-this.constant)}applyMatrix4(e,t){let i=t||xp.getNormalMatrix(e),r=this.coplanarPoint(Ja).applyMatrix4(e),s=this.normal.applyMatrix3(i).normalize();return this.constant=-r.dot(s),this}translate(e){return this.constant-=e.dot(this.normal),this}equals(e){return e.normal.equals(this.normal)&&e.constant===this.constant}clone(){return new this.constructor().copy(this)}toJSON(){return{normal:this.normal.toArray(),constant:this.constant}}fromJSON(e){return this.normal.fromArray(e.normal),this.constant=e.constant,this}};var Mp=0,Lt=class extends Rt{constructor(){super(),this.isMaterial=!0,Object.defineProperty(this,"id",{value:Mp++}),this.uuid=zt(),this.name="",this.type="Material",this.blending=Ki,this.side=hi,this.vertexColors=!1,this.opacity=1,this.transparent=!1,this.alphaHash=!1,this.blendSrc=Js,this.blendDst=$s,this.blendEquation=Zi,this.blendSrcAlpha=null,this.blendDstAlpha=null,this.blendEquationAlpha=null,this.blendColor=new Se(0,0,0),this.blendAlpha=0,this.depthFunc=Ji,this.depthTest=!0,this.depthWrite=!0,this.stencilWriteMask=255,this.stencilFunc=uh,this.stencilRef=0,this.stencilFuncMask=255,this.stencilFail=mo,this.stencilZFail=mo,this.stencilZPass=mo,this.stencilWrite=!1,this.clippingPlanes=null,this.clipIntersection=!1,this.clipShadows=!1,this.shadowSide=null,this.colorWrite=!0,this.precision=null,this.polygonOffset=!1,this.polygonOffsetFactor=0,this.polygonOffsetUnits=0,this.dithering=!1,this.alphaToCoverage=!1,this.premultipliedAlpha=!1,this.forceSinglePass=!1,this.allowOverride=!0,this.visible=!0,this.toneMapped=!0,this.userData={},this.version=0,this._alphaTest=0}get alphaTest(){return this._alphaTest}set alphaTest(e){this._alphaTest>0!=e>0&&this.version++,this._alphaTest=e}onBeforeRender(){}onBeforeCompile(){}customProgramCacheKey(){return this.onBeforeCompile.toString()}setValues(e){if(e!==void 0)for(let t in e){let i=e[t];if(i===void 0){me(`Material: parameter '${t}' has value of undefined.`);continue}let r=this[t];if(r===void 0){me(`Material: '${t}' is not a property of THREE.${this.type}.`);continue}r&&r.isColor?r.set(i):r&&r.isVector2&&i&&i.isVector2||r&&r.isEuler&&i&&i.isEuler||r&&r.isVector3&&i&&i.isVector3?r.copy(i):this[t]=i}}toJSON(e){let t=e===void 0||typeof e=="string";t&&(e={textures:{},images:{}});let i={metadata:{version:4.7,type:"Material",generator:"Material.toJSON"}};i.uuid=this.uuid,i.type=this.type,i.blending=this.blending,i.side=this.side,i.shadowSide=this.shadowSide,i.vertexColors=this.vertexColors,i.opacity=this.opacity,i.transparent=this.transparent,i.blendSrc=this.blendSrc,i.blendDst=this.blendDst,i.blendEquation=this.blendEquation,i.blendSrcAlpha=this.blendSrcAlpha,i.blendDstAlpha=this.blendDstAlpha,i.blendEquationAlpha=this.blendEquationAlpha,i.blendColor=this.blendColor.getHex(),i.blendAlpha=this.blendAlpha,i.depthFunc=this.depthFunc,i.depthTest=this.depthTest,i.depthWrite=this.depthWrite,i.colorWrite=this.colorWrite,i.clipIntersection=this.clipIntersection,i.clipShadows=this.clipShadows,i.stencilWriteMask=this.stencilWriteMask,i.stencilFunc=this.stencilFunc,i.stencilRef=this.stencilRef,i.stencilFuncMask=this.stencilFuncMask,i.stencilFail=this.stencilFail,i.stencilZFail=this.stencilZFail,i.stencilZPass=this.stencilZPass,i.stencilWrite=this.stencilWrite,i.polygonOffset=this.polygonOffset,i.polygonOffsetFactor=this.polygonOffsetFactor,i.polygonOffsetUnits=this.polygonOffsetUnits,i.dithering=this.dithering,i.alphaTest=this.alphaTest,i.alphaHash=this.alphaHash,i.alphaToCoverage=this.alphaToCoverage,i.premultipliedAlpha=this.premultipliedAlpha,i.forceSinglePass=this.forceSinglePass,i.allowOverride=this.allowOverride,i.visible=this.visible,i.toneMapped=this.toneMapped,i.name=this.name,this.color&&this.color.isColor&&(i.color=this.color.getHex()),this.roughness!==void 0&&(i.roughness=this.roughness),this.metalness!==void 0&&(i.metalness=this.metalness),this.sheen!==void 0&&(i.sheen=this.sheen),this.sheenColor&&this.sheenColor.isColor&&(i.sheenColor=this.sheenColor.getHex()),this.sheenRoughness!==void 0&&(i.sheenRoughness=this.sheenRoughness),this.emissive&&this.emissive.isColor&&(i.emissive=this.emissive.getHex()),this.emissiveIntensity!==void 0&&(i.emissiveIntensity=this.emissiveIntensity),this.specular&&this.specular.isColor&&(i.specular=this.specular.getHex()),this.specularIntensity!==void 0&&(i.specularIntensity=this.specularIntensity),this.specularColor&&this.specularColor.isColor&&(i.specularColor=this.specularColor.getHex()),this.shininess!==void 0&&(i.shininess=this.shininess),this.clearcoat!==void 0&&(i.clearcoat=this.clearcoat),this.clearcoatRoughness!==void 0&&(i.clearcoatRoughness=this.clearcoatRoughness),this.diffuseRoughness!==void 0&&(i.diffuseRoughness=this.diffuseRoughness),this.diffuseRoughnessMap&&this.diffuseRoughnessMap.isTexture&&(i.diffuseRoughnessMap=this.diffuseRoughnessMap.toJSON(e).uuid),this.clearcoatMap&&this.clearcoatMap.isTexture&&(i.clearcoatMap=this.clearcoatMap.toJSON(e).uuid),this.clearcoatRoughnessMap&&this.clearcoatRoughnessMap.isTexture&&(i.clearcoatRoughnessMap=this.clearcoatRoughnessMap.toJSON(e).uuid),this.clearcoatNormalMap&&this.clearcoatNormalMap.isTexture&&(i.clearcoatNormalMap=this.clearcoatNormalMap.toJSON(e).uuid,i.clearcoatNormalScale=this.clearcoatNormalScale.toArray()),this.sheenColorMap&&this.sheenColorMap.isTexture&&(i.sheenColorMap=this.sheenColorMap.toJSON(e).uuid),this.sheenRoughnessMap&&this.sheenRoughnessMap.isTexture&&(i.sheenRoughnessMap=this.sheenRoughnessMap.toJSON(e).uuid),this.dispersion!==void 0&&(i.dispersion=this.dispersion),this.retroreflectivity!==void 0&&(i.retroreflectivity=this.retroreflectivity),this.iridescence!==void 0&&(i.iridescence=this.iridescence),this.iridescenceIOR!==void 0&&(i.iridescenceIOR=this.iridescenceIOR),this.iridescenceThicknessMinimum!==void 0&&(i.iridescenceThicknessMinimum=this.iridescenceThicknessMinimum),this.iridescenceThicknessMaximum!==void 0&&(i.iridescenceThicknessMaximum=this.iridescenceThicknessMaximum),this.iridescenceMap&&this.iridescenceMap.isTexture&&(i.iridescenceMap=this.iridescenceMap.toJSON(e).uuid),this.iridescenceThicknessMap&&this.iridescenceThicknessMap.isTexture&&(i.iridescenceThicknessMap=this.iridescenceThicknessMap.toJSON(e).uuid),this.anisotropy!==void 0&&(i.anisotropy=this.anisotropy),this.anisotropyRotation!==void 0&&(i.anisotropyRotation=this.anisotropyRotation),this.anisotropyMap&&this.anisotropyMap.isTexture&&(i.anisotropyMap=this.anisotropyMap.toJSON(e).uuid),this.map&&this.map.isTexture&&(i.map=this.map.toJSON(e).uuid),this.matcap&&this.matcap.isTexture&&(i.matcap=this.matcap.toJSON(e).uuid),this.alphaMap&&this.alphaMap.isTexture&&(i.alphaMap=this.alphaMap.toJSON(e).uuid),this.lightMap&&this.lightMap.isTexture&&(i.lightMap=this.lightMap.toJSON(e).uuid,i.lightMapIntensity=this.lightMapIntensity),this.aoMap&&this.aoMap.isTexture&&(i.aoMap=this.aoMap.toJSON(e).uuid,i.aoMapIntensity=this.aoMapIntensity),this.bumpMap&&this.bumpMap.isTexture&&(i.bumpMap=this.bumpMap.toJSON(e).uuid,i.bumpScale=this.bumpScale),this.normalMap&&this.normalMap.isTexture&&(i.normalMap=this.normalMap.toJSON(e).uuid,i.normalMapType=this.normalMapType,i.normalScale=this.normalScale.toArray()),this.displacementMap&&this.displacementMap.isTexture&&(i.displacementMap=this.displacementMap.toJSON(e).uuid,i.displacementScale=this.displacementScale,i.displacementBias=this.displacementBias),this.roughnessMap&&this.roughnessMap.isTexture&&(i.roughnessMap=this.roughnessMap.toJSON(e).uuid),this.metalnessMap&&this.metalnessMap.isTexture&&(i.metalnessMap=this.metalnessMap.toJSON(e).uuid),this.emissiveMap&&this.emissiveMap.isTexture&&(i.emissiveMap=this.emissiveMap.toJSON(e).uuid),this.specularMap&&this.specularMap.isTexture&&(i.specularMap=this.specularMap.toJSON(e).uuid),this.specularIntensityMap&&this.specularIntensityMap.isTexture&&(i.specularIntensityMap=this.specularIntensityMap.toJSON(e).uuid),this.specularColorMap&&this.specularColorMap.isTexture&&(i.specularColorMap=this.specularColorMap.toJSON(e).uuid),this.envMap&&this.envMap.isTexture&&(i.envMap=this.envMap.toJSON(e).uuid,this.combine!==void 0&&(i.combine=this.combine)),this.envMapRotation!==void 0&&(i.envMapRotation=this.envMapRotation.toArray()),this.envMapIntensity!==void 0&&(i.envMapIntensity=this.envMapIntensity),this.reflectivity!==void 0&&(i.reflectivity=this.reflectivity),this.refractionRatio!==void 0&&(i.refractionRatio=this.refractionRatio),this.gradientMap&&this.gradientMap.isTexture&&(i.gradientMap=this.gradientMap.toJSON(e).uuid),this.transmission!==void 0&&(i.transmission=this.transmission),this.transmissionMap&&this.transmissionMap.isTexture&&(i.transmissionMap=this.transmissionMap.toJSON(e).uuid),this.thickness!==void 0&&(i.thickness=this.thickness),this.thicknessMap&&this.thicknessMap.isTexture&&(i.thicknessMap=this.thicknessMap.toJSON(e).uuid),this.attenuationDistance!==void 0&&(i.attenuationDistance=this.attenuationDistance),this.attenuationColor!==void 0&&(i.attenuationColor=this.attenuationColor.getHex()),this.size!==void 0&&(i.size=this.size),this.sizeAttenuation!==void 0&&(i.sizeAttenuation=this.sizeAttenuation),Array.isArray(this.clippingPlanes)&&this.clippingPlanes.length>0&&(i.clippingPlanes=this.clippingPlanes.map(s=>s.toJSON())),this.rotation!==void 0&&(i.rotation=this.rotation),this.depthPacking!==void 0&&(i.depthPacking=this.depthPacking),this.linewidth!==void 0&&(i.linewidth=this.linewidth),this.linecap!==void 0&&(i.linecap=this.linecap),this.linejoin!==void 0&&(i.linejoin=this.linejoin),this.dashSize!==void 0&&(i.dashSize=this.dashSize),this.gapSize!==void 0&&(i.gapSize=this.gapSize),this.scale!==void 0&&(i.scale=this.scale),this.wireframe!==void 0&&(i.wireframe=this.wireframe),this.wireframeLinewidth!==void 0&&(i.wireframeLinewidth=this.wireframeLinewidth),this.wireframeLinecap!==void 0&&(i.wireframeLinecap=this.wireframeLinecap),this.wireframeLinejoin!==void 0&&(i.wireframeLinejoin=this.wireframeLinejoin),this.flatShading!==void 0&&(i.flatShading=this.flatShading),this.fog!==void 0&&(i.fog=this.fog),Object.keys(this.userData).length>0&&(i.userData=this.userData);function r(s){let o=[];for(let a in s){let h=s[a];delete h.metadata,o.push(h)}return o}if(t){let s=r(e.textures),o=r(e.images);s.length>0&&(i.textures=s),o.length>0&&(i.images=o)}return i}fromJSON(e,t){if(e.uuid!==void 0&&(this.uuid=e.uuid),e.name!==void 0&&(this.name=e.name),e.color!==void 0&&this.color!==void 0&&this.color.setHex(e.color),e.roughness!==void 0&&(this.roughness=e.roughness),e.metalness!==void 0&&(this.metalness=e.metalness),e.sheen!==void 0&&(this.sheen=e.sheen),e.sheenColor!==void 0&&(this.sheenColor=new Se().setHex(e.sheenColor)),e.sheenRoughness!==void 0&&(this.sheenRoughness=e.sheenRoughness),e.emissive!==void 0&&this.emissive!==void 0&&this.emissive.setHex(e.emissive),e.specular!==void 0&&this.specular!==void 0&&this.specular.setHex(e.specular),e.specularIntensity!==void 0&&(this.specularIntensity=e.specularIntensity),e.specularColor!==void 0&&this.specularColor!==void 0&&this.specularColor.setHex(e.specularColor),e.shininess!==void 0&&(this.shininess=e.shininess),e.clearcoat!==void 0&&(this.clearcoat=e.clearcoat),e.clearcoatRoughness!==void 0&&(this.clearcoatRoughness=e.clearcoatRoughness),e.diffuseRoughness!==void 0&&(this.diffuseRoughness=e.diffuseRoughness),e.dispersion!==void 0&&(this.dispersion=e.dispersion),e.retroreflectivity!==void 0&&(this.retroreflectivity=e.retroreflectivity),e.iridescence!==void 0&&(this.iridescence=e.iridescence),e.iridescenceIOR!==void 0&&(this.iridescenceIOR=e.iridescenceIOR),e.iridescenceThicknessMinimum!==void 0&&(this.iridescenceThicknessMinimum=e.iridescenceThicknessMinimum),e.iridescenceThicknessMaximum!==void 0&&(this.iridescenceThicknessMaximum=e.iridescenceThicknessMaximum),e.iridescenceThicknessRange!==void 0&&(this.iridescenceThicknessMinimum=e.iridescenceThicknessRange[0],this.iridescenceThicknessMaximum=e.iridescenceThicknessRange[1]),e.transmission!==void 0&&(this.transmission=e.transmission),e.thickness!==void 0&&(this.thickness=e.thickness),e.attenuationDistance!==void 0&&(this.attenuationDistance=e.attenuationDistance),e.attenuationColor!==void 0&&this.attenuationColor!==void 0&&this.attenuationColor.setHex(e.attenuationColor),e.anisotropy!==void 0&&(this.anisotropy=e.anisotropy),e.anisotropyRotation!==void 0&&(this.anisotropyRotation=e.anisotropyRotation),e.fog!==void 0&&(this.fog=e.fog),e.flatShading!==void 0&&(this.flatShading=e.flatShading),e.blending!==void 0&&(this.blending=e.blending),e.combine!==void 0&&(this.combine=e.combine),e.side!==void 0&&(this.side=e.side),e.shadowSide!==void 0&&(this.shadowSide=e.shadowSide),e.opacity!==void 0&&(this.opacity=e.opacity),e.transparent!==void 0&&(this.transparent=e.transparent),e.alphaTest!==void 0&&(this.alphaTest=e.alphaTest),e.alphaHash!==void 0&&(this.alphaHash=e.alphaHash),e.depthFunc!==void 0&&(this.depthFunc=e.depthFunc),e.depthTest!==void 0&&(this.depthTest=e.depthTest),e.depthWrite!==void 0&&(this.depthWrite=e.depthWrite),e.colorWrite!==void 0&&(this.colorWrite=e.colorWrite),e.clippingPlanes!==void 0&&(this.clippingPlanes=e.clippingPlanes.map(i=>new Vt().fromJSON(i))),e.clipIntersection!==void 0&&(this.clipIntersection=e.clipIntersection),e.clipShadows!==void 0&&(this.clipShadows=e.clipShadows),e.depthPacking!==void 0&&(this.depthPacking=e.depthPacking),e.blendSrc!==void 0&&(this.blendSrc=e.blendSrc),e.blendDst!==void 0&&(this.blendDst=e.blendDst),e.blendEquation!==void 0&&(this.blendEquation=e.blendEquation),e.blendSrcAlpha!==void 0&&(this.blendSrcAlpha=e.blendSrcAlpha),e.blendDstAlpha!==void 0&&(this.blendDstAlpha=e.blendDstAlpha),e.blendEquationAlpha!==void 0&&(this.blendEquationAlpha=e.blendEquationAlpha),e.blendColor!==void 0&&this.blendColor!==void 0&&this.blendColor.setHex(e.blendColor),e.blendAlpha!==void 0&&(this.blendAlpha=e.blendAlpha),e.stencilWriteMask!==void 0&&(this.stencilWriteMask=e.stencilWriteMask),e.stencilFunc!==void 0&&(this.stencilFunc=e.stencilFunc),e.stencilRef!==void 0&&(this.stencilRef=e.stencilRef),e.stencilFuncMask!==void 0&&(this.stencilFuncMask=e.stencilFuncMask),e.stencilFail!==void 0&&(this.stencilFail=e.stencilFail),e.stencilZFail!==void 0&&(this.stencilZFail=e.stencilZFail),e.stencilZPass!==void 0&&(this.stencilZPass=e.stencilZPass),e.stencilWrite!==void 0&&(this.stencilWrite=e.stencilWrite),e.wireframe!==void 0&&(this.wireframe=e.wireframe),e.wireframeLinewidth!==void 0&&(this.wireframeLinewidth=e.wireframeLinewidth),e.wireframeLinecap!==void 0&&(this.wireframeLinecap=e.wireframeLinecap),e.wireframeLinejoin!==void 0&&(this.wireframeLinejoin=e.wireframeLinejoin),e.rotation!==void 0&&(this.rotation=e.rotation),e.linewidth!==void 0&&(this.linewidth=e.linewidth),e.linecap!==void 0&&(this.linecap=e.linecap),e.linejoin!==void 0&&(this.linejoin=e.linejoin),e.dashSize!==void 0&&(this.dashSize=e.dashSize),e.gapSize!==void 0&&(this.gapSize=e.gapSize),e.scale!==void 0&&(this.scale=e.scale),e.polygonOffset!==void 0&&(this.polygonOffset=e.polygonOffset),e.polygonOffsetFactor!==void 0&&(this.polygonOffsetFactor=e.polygonOffsetFactor),e.polygonOffsetUnits!==void 0&&(this.polygonOffsetUnits=e.polygonOffsetUnits),e.dithering!==void 0&&(this.dithering=e.dithering),e.alphaToCoverage!==void 0&&(this.alphaToCoverage=e.alphaToCoverage),e.premultipliedAlpha!==void 0&&(this.premultipliedAlpha=e.premultipliedAlpha),e.forceSinglePass!==void 0&&(this.forceSinglePass=e.forceSinglePass),e.allowOverride!==void 0&&(this.allowOverride=e.allowOverride),e.visible!==void 0&&(this.visible=e.visible),e.toneMapped!==void 0&&(this.toneMapped=e.toneMapped),e.userData!==void 0&&(this.userData=e.userData),e.vertexColors!==void 0&&(typeof e.vertexColors=="number"?this.vertexColors=e.vertexColors>0:this.vertexColors=e.vertexColors),e.size!==void 0&&(this.size=e.size),e.sizeAttenuation!==void 0&&(this.sizeAttenuation=e.sizeAttenuation),e.map!==void 0&&(this.map=t[e.map]||null),e.matcap!==void 0&&(this.matcap=t[e.matcap]||null),e.alphaMap!==void 0&&(this.alphaMap=t[e.alphaMap]||null),e.bumpMap!==void 0&&(this.bumpMap=t[e.bumpMap]||null),e.bumpScale!==void 0&&(this.bumpScale=e.bumpScale),e.normalMap!==void 0&&(this.normalMap=t[e.normalMap]||null),e.normalMapType!==void 0&&(this.normalMapType=e.normalMapType),e.normalScale!==void 0){let i=e.normalScale;Array.isArray(i)===!1&&(i=[i,i]),this.normalScale=new ae().fromArray(i)}return e.displacementMap!==void 0&&(this.displacementMap=t[e.displacementMap]||null),e.displacementScale!==void 0&&(this.displacementScale=e.displacementScale),e.displacementBias!==void 0&&(this.displacementBias=e.displacementBias),e.roughnessMap!==void 0&&(this.roughnessMap=t[e.roughnessMap]||null),e.metalnessMap!==void 0&&(this.metalnessMap=t[e.metalnessMap]||null),e.emissiveMap!==void 0&&(this.emissiveMap=t[e.emissiveMap]||null),e.emissiveIntensity!==void 0&&(this.emissiveIntensity=e.emissiveIntensity),e.specularMap!==void 0&&(this.specularMap=t[e.specularMap]||null),e.specularIntensityMap!==void 0&&(this.specularIntensityMap=t[e.specularIntensityMap]||null),e.specularColorMap!==void 0&&(this.specularColorMap=t[e.specularColorMap]||null),e.envMap!==void 0&&(this.envMap=t[e.envMap]||null),e.envMapRotation!==void 0&&this.envMapRotation.fromArray(e.envMapRotation),e.envMapIntensity!==void 0&&(this.envMapIntensity=e.envMapIntensity),e.reflectivity!==void 0&&(this.reflectivity=e.reflectivity),e.refractionRatio!==void 0&&(this.refractionRatio=e.refractionRatio),e.lightMap!==void 0&&(this.lightMap=t[e.lightMap]||null),e.lightMapIntensity!==void 0&&(this.lightMapIntensity=e.lightMapIntensity),e.aoMap!==void 0&&(this.aoMap=t[e.aoMap]||null),e.aoMapIntensity!==void 0&&(this.aoMapIntensity=e.aoMapIntensity),e.gradientMap!==void 0&&(this.gradientMap=t[e.gradientMap]||null),e.clearcoatMap!==void 0&&(this.clearcoatMap=t[e.clearcoatMap]||null),e.clearcoatRoughnessMap!==void 0&&(this.clearcoatRoughnessMap=t[e.clearcoatRoughnessMap]||null),e.clearcoatNormalMap!==void 0&&(this.clearcoatNormalMap=t[e.clearcoatNormalMap]||null),e.clearcoatNormalScale!==void 0&&(this.clearcoatNormalScale=new ae().fromArray(e.clearcoatNormalScale)),e.diffuseRoughnessMap!==void 0&&(this.diffuseRoughnessMap=t[e.diffuseRoughnessMap]||null),e.iridescenceMap!==void 0&&(this.iridescenceMap=t[e.iridescenceMap]||null),e.iridescenceThicknessMap!==void 0&&(this.iridescenceThicknessMap=t[e.iridescenceThicknessMap]||null),e.transmissionMap!==void 0&&(this.transmissionMap=t[e.transmissionMap]||null),e.thicknessMap!==void 0&&(this.thicknessMap=t[e.thicknessMap]||null),e.anisotropyMap!==void 0&&(this.anisotropyMap=t[e.anisotropyMap]||null),e.sheenColorMap!==void 0&&(this.sheenColorMap=t[e.sheenColorMap]||null),e.sheenRoughnessMap!==void 0&&(this.sheenRoughnessMap=t[e.sheenRoughnessMap]||null),this}clone(){return new this.constructor().copy(this)}copy(e){this.name=e.name,this.blending=e.blending,this.side=e.side,this.vertexColors=e.vertexColors,this.opacity=e.opacity,this.transparent=e.transparent,this.blendSrc=e.blendSrc,this.blendDst=e.blendDst,this.blendEquation=e.blendEquation,this.blendSrcAlpha=e.blendSrcAlpha,this.blendDstAlpha=e.blendDstAlpha,this.blendEquationAlpha=e.blendEquationAlpha,this.blendColor.copy(e.blendColor),this.blendAlpha=e.blendAlpha,this.depthFunc=e.depthFunc,this.depthTest=e.depthTest,this.depthWrite=e.depthWrite,this.stencilWriteMask=e.stencilWriteMask,this.stencilFunc=e.stencilFunc,this.stencilRef=e.stencilRef,this.stencilFuncMask=e.stencilFuncMask,this.stencilFail=e.stencilFail,this.stencilZFail=e.stencilZFail,this.stencilZPass=e.stencilZPass,this.stencilWrite=e.stencilWrite;let t=e.clippingPlanes,i=null;if(t!==null){let r=t.length;i=new Array(r);for(let s=0;s!==r;++s)i[s]=t[s].clone()}return this.clippingPlanes=i,this.clipIntersection=e.clipIntersection,this.clipShadows=e.clipShadows,this.shadowSide=e.shadowSide,this.colorWrite=e.colorWrite,this.precision=e.precision,this.polygonOffset=e.polygonOffset,this.polygonOffsetFactor=e.polygonOffsetFactor,this.polygonOffsetUnits=e.polygonOffsetUnits,this.dithering=e.dithering,this.alphaTest=e.alphaTest,this.alphaHash=e.alphaHash,this.alphaToCoverage=e.alphaToCoverage,this.premultipliedAlpha=e.premultipliedAlpha,this.forceSinglePass=e.forceSinglePass,this.allowOverride=e.allowOverride,this.visible=e.visible,this.toneMapped=e.toneMapped,this.userData=JSON.parse(JSON.stringify(e.userData)),this}dispose(){this.dispatchEvent({type:"dispose"})}set needsUpdate(e){e===!0&&this.version++}};var En=class extends Lt{constructor(e){super(),this.isSpriteMaterial=!0,this.type="SpriteMaterial",this.color=new Se(16777215),this.map=null,this.alphaMap=null,this.rotation=0,this.sizeAttenuation=!0,this.transparent=!0,this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.map=e.map,this.alphaMap=e.alphaMap,this.rotation=e.rotation,this.sizeAttenuation=e.sizeAttenuation,this.fog=e.fog,this}};var or,bs=new C,ar=new C,lr=new C,hr=new ae,ws=new ae,kh=new Me,Do=new C,Rs=new C,Io=new C,Gh=new ae,$a=new ae,zh=new ae,Cs=class extends Ze{constructor(e=new En){if(super(),this.isSprite=!0,this.type="Sprite",or===void 0){or=new qe;let t=new Float32Array([-.5,-.5,0,0,0,.5,-.5,0,1,0,.5,.5,0,1,1,-.5,.5,0,0,1]),i=new Lo(t,5);or.setIndex([0,1,2,0,2,3]),or.setAttribute("position",new As(i,3,0,!1)),or.setAttribute("uv",new As(i,2,3,!1))}this.geometry=or,this.material=e,this.center=new ae(.5,.5),this.count=1}intersectsFrustum(e){return e.intersectsSprite(this)}raycast(e,t){e.camera===null&&Ne('Sprite: "Raycaster.camera" needs to be set in order to raycast against sprites.'),ar.setFromMatrixScale(this.matrixWorld),kh.copy(e.camera.matrixWorld),this.modelViewMatrix.multiplyMatrices(e.camera.matrixWorldInverse,this.matrixWorld),lr.setFromMatrixPosition(this.modelViewMatrix),e.camera.isPerspectiveCamera&&this.material.sizeAttenuation===!1&&ar.multiplyScalar(-lr.z);let i=this.material.rotation,r,s;i!==0&&(s=Math.cos(i),r=Math.sin(i));let o=this.center;Uo(Do.set(-.5,-.5,0),lr,o,ar,r,s),Uo(Rs.set(.5,-.5,0),lr,o,ar,r,s),Uo(Io.set(.5,.5,0),lr,o,ar,r,s),Gh.set(0,0),$a.set(1,0),zh.set(1,1);let a=e.ray.intersectTriangle(Do,Rs,Io,!1,bs);if(a===null&&(Uo(Rs.set(-.5,.5,0),lr,o,ar,r,s),$a.set(0,1),a=e.ray.intersectTriangle(Do,Io,Rs,!1,bs),a===null))return;let h=e.ray.origin.distanceTo(bs);h<e.near||h>e.far||t.push({distance:h,point:bs.clone(),uv:Pi.getInterpolation(bs,Do,Rs,Io,Gh,$a,zh,new ae),face:null,object:this})}copy(e,t){return super.copy(e,t),e.center!==void 0&&this.center.copy(e.center),this.material=e.material,this}toJSON(e){let t=super.toJSON(e);return t.object.center=this.center.toArray(),t}};function Uo(n,e,t,i,r,s){hr.subVectors(n,t).addScalar(.5).multiply(i),r!==void 0?(ws.x=s*hr.x-r*hr.y,ws.y=r*hr.x+s*hr.y):ws.copy(hr),n.copy(e),n.x+=ws.x,n.y+=ws.y,n.applyMatrix4(kh)}var ki=new C,Qa=new C,No=new C,Fo=new C,Ai=class{constructor(e=new C,t=new C(0,0,-1)){this.origin=e,this.direction=t}set(e,t){return this.origin.copy(e),this.direction.copy(t),this}copy(e){return this.origin.copy(e.origin),this.direction.copy(e.direction),this}at(e,t){return t.copy(this.origin).addScaledVector(this.direction,e)}lookAt(e){return this.direction.copy(e).sub(this.origin).normalize(),this}recast(e){return this.origin.copy(this.at(e,ki)),this}closestPointToPoint(e,t){t.subVectors(e,this.origin);let i=t.dot(this.direction);return i<0?t.copy(this.origin):t.copy(this.origin).addScaledVector(this.direction,i)}distanceToPoint(e){return Math.sqrt(this.distanceSqToPoint(e))}distanceSqToPoint(e){let t=ki.subVectors(e,this.origin).dot(this.direction);return t<0?this.origin.distanceToSquared(e):(ki.copy(this.origin).addScaledVector(this.direction,t),ki.distanceToSquared(e))}distanceSqToSegment(e,t,i,r){Qa.copy(e).add(t).multiplyScalar(.5),No.copy(t).sub(e).normalize(),Fo.copy(this.origin).sub(Qa);let s=e.distanceTo(t)*.5,o=-this.direction.dot(No),a=Fo.dot(this.direction),h=-Fo.dot(No),l=Fo.lengthSq(),c=Math.abs(1-o*o),p,u,d,M;if(c>0)if(p=o*h-a,u=o*a-h,M=s*c,p>=0)if(u>=-M)if(u<=M){let E=1/c;p*=E,u*=E,d=p*(p+o*u+2*a)+u*(o*p+u+2*h)+l}else u=s,p=Math.max(0,-(o*u+a)),d=-p*p+u*(u+2*h)+l;else u=-s,p=Math.max(0,-(o*u+a)),d=-p*p+u*(u+2*h)+l;else u<=-M?(p=Math.max(0,-(-o*s+a)),u=p>0?-s:Math.min(Math.max(-s,-h),s),d=-p*p+u*(u+2*h)+l):u<=M?(p=0,u=Math.min(Math.max(-s,-h),s),d=u*(u+2*h)+l):(p=Math.max(0,-(o*s+a)),u=p>0?s:Math.min(Math.max(-s,-h),s),d=-p*p+u*(u+2*h)+l);else u=o>0?-s:s,p=Math.max(0,-(o*u+a)),d=-p*p+u*(u+2*h)+l;return i&&i.copy(this.origin).addScaledVector(this.direction,p),r&&r.copy(Qa).addScaledVector(No,u),d}intersectSphere(e,t){if(e.radius<0)return null;ki.subVectors(e.center,this.origin);let i=ki.dot(this.direction),r=ki.dot(ki)-i*i,s=e.radius*e.radius;if(r>s)return null;let o=Math.sqrt(s-r),a=i-o,h=i+o;return h<0?null:a<0?this.at(h,t):this.at(a,t)}intersectsSphere(e){return e.radius<0?!1:this.distanceSqToPoint(e.center)<=e.radius*e.radius}distanceToPlane(e){let t=e.normal.dot(this.direction);if(t===0)return e.distanceToPoint(this.origin)===0?0:null;let i=-(this.origin.dot(e.normal)+e.constant)/t;return i>=0?i:null}intersectPlane(e,t){let i=this.distanceToPlane(e);return i===null?null:this.at(i,t)}intersectsPlane(e){let t=e.distanceToPoint(this.origin);return t===0||e.normal.dot(this.direction)*t<0}intersectBox(e,t){let i,r,s,o,a,h,l=1/this.direction.x,c=1/this.direction.y,p=1/this.direction.z,u=this.origin;return l>=0?(i=(e.min.x-u.x)*l,r=(e.max.x-u.x)*l):(i=(e.max.x-u.x)*l,r=(e.min.x-u.x)*l),c>=0?(s=(e.min.y-u.y)*c,o=(e.max.y-u.y)*c):(s=(e.max.y-u.y)*c,o=(e.min.y-u.y)*c),i>o||s>r||((s>i||isNaN(i))&&(i=s),(o<r||isNaN(r))&&(r=o),p>=0?(a=(e.min.z-u.z)*p,h=(e.max.z-u.z)*p):(a=(e.max.z-u.z)*p,h=(e.min.z-u.z)*p),i>h||a>r)||((a>i||i!==i)&&(i=a),(h<r||r!==r)&&(r=h),r<0)?null:this.at(i>=0?i:r,t)}intersectsBox(e){return this.intersectBox(e,ki)!==null}intersectTriangle(e,t,i,r,s){let o=this.origin,a=this.direction,h=a.x,l=a.y,c=a.z,p=e.x-o.x,u=e.y-o.y,d=e.z-o.z,M=t.x-o.x,E=t.y-o.y,m=t.z-o.z,f=i.x-o.x,S=i.y-o.y,b=i.z-o.z,v=Math.abs(h),R=Math.abs(l),A=Math.abs(c),_,y,N,D,U,G,J,P,H,Z,k,te;if(v>=R&&v>=A?(N=h,G=p,H=M,te=f,h>=0?(_=l,y=c,D=u,U=d,J=E,P=m,Z=S,k=b):(_=c,y=l,D=d,U=u,J=m,P=E,Z=b,k=S)):R>=A?(N=l,G=u,H=E,te=S,l>=0?(_=c,y=h,D=d,U=p,J=m,P=M,Z=b,k=f):(_=h,y=c,D=p,U=d,J=M,P=m,Z=f,k=b)):(N=c,G=d,H=m,te=b,c>=0?(_=h,y=l,D=p,U=u,J=M,P=E,Z=f,k=S):(_=l,y=h,D=u,U=p,J=E,P=M,Z=S,k=f)),N===0)return null;let W=_/N,$=y/N,Q=1/N,Ee=D-W*G,Fe=U-$*G,Oe=J-W*H,tt=P-$*H,$e=Z-W*te,Qe=k-$*te,Ae=$e*tt-Qe*Oe,je=Ee*Qe-Fe*$e,_t=Oe*Fe-tt*Ee;if(r){if(Ae<0||je<0||_t<0)return null}else if((Ae<0||je<0||_t<0)&&(Ae>0||je>0||_t>0))return null;let Xe=Ae+je+_t;if(Xe===0)return null;let gt=Q*(Ae*G+je*H+_t*te);return(Xe>0?gt<0:gt>0)?null:this.at(gt/Xe,s)}applyMatrix4(e){return this.origin.applyMatrix4(e),this.direction.transformDirection(e),this}equals(e){return e.origin.equals(this.origin)&&e.direction.equals(this.direction)}clone(){return new this.constructor().copy(this)}};var Tn=class extends Lt{constructor(e){super(),this.isMeshBasicMaterial=!0,this.type="MeshBasicMaterial",this.color=new Se(16777215),this.map=null,this.lightMap=null,this.lightMapIntensity=1,this.aoMap=null,this.aoMapIntensity=1,this.specularMap=null,this.alphaMap=null,this.envMap=null,this.envMapRotation=new ui,this.combine=Rn,this.reflectivity=1,this.refractionRatio=.98,this.wireframe=!1,this.wireframeLinewidth=1,this.wireframeLinecap="round",this.wireframeLinejoin="round",this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.map=e.map,this.lightMap=e.lightMap,this.lightMapIntensity=e.lightMapIntensity,this.aoMap=e.aoMap,this.aoMapIntensity=e.aoMapIntensity,this.specularMap=e.specularMap,this.alphaMap=e.alphaMap,this.envMap=e.envMap,this.envMapRotation.copy(e.envMapRotation),this.combine=e.combine,this.reflectivity=e.reflectivity,this.refractionRatio=e.refractionRatio,this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this.wireframeLinecap=e.wireframeLinecap,this.wireframeLinejoin=e.wireframeLinejoin,this.fog=e.fog,this}};var Hh=new Me,vn=new Ai,Oo=new Ht,Vh=new C,Bo=new C,Go=new C,zo=new C,ja=new C,ko=new C,Wh=new C,Ho=new C,ct=class extends Ze{constructor(e=new qe,t=new Tn){super(),this.isMesh=!0,this.type="Mesh",this.geometry=e,this.material=t,this.morphTargetDictionary=void 0,this.morphTargetInfluences=void 0,this.count=1,this.updateMorphTargets()}copy(e,t){return super.copy(e,t),e.morphTargetInfluences!==void 0?this.morphTargetInfluences=e.morphTargetInfluences.slice():this.morphTargetInfluences=void 0,e.morphTargetDictionary!==void 0?this.morphTargetDictionary=Object.assign({},e.morphTargetDictionary):this.morphTargetDictionary=void 0,this.material=Array.isArray(e.material)?e.material.slice():e.material,this.geometry=e.geometry,this}updateMorphTargets(){let t=this.geometry.morphAttributes,i=Object.keys(t);if(i.length>0){let r=t[i[0]];if(r!==void 0){this.morphTargetInfluences=[],this.morphTargetDictionary={};for(let s=0,o=r.length;s<o;s++){let a=r[s].name||String(s);this.morphTargetInfluences.push(0),this.morphTargetDictionary[a]=s}}}}getVertexPosition(e,t){let i=this.geometry,r=i.attributes.position,s=i.morphAttributes.position,o=i.morphTargetsRelative;t.fromBufferAttribute(r,e);let a=this.morphTargetInfluences;if(s&&a){ko.set(0,0,0);for(let h=0,l=s.length;h<l;h++){let c=a[h],p=s[h];c!==0&&(ja.fromBufferAttribute(p,e),o?ko.addScaledVector(ja,c):ko.addScaledVector(ja.sub(t),c))}t.add(ko)}return t}intersectsFrustum(e){return e.intersectsObject(this)}raycast(e,t){let i=this.geometry,r=this.material,s=this.matrixWorld;r!==void 0&&(i.boundingSphere===null&&i.computeBoundingSphere(),Oo.copy(i.boundingSphere),Oo.applyMatrix4(s),vn.copy(e.ray).recast(e.near),!(Oo.containsPoint(vn.origin)===!1&&(vn.intersectSphere(Oo,Vh)===null||vn.origin.distanceToSquared(Vh)>(e.far-e.near)**2))&&(Hh.copy(s).invert(),vn.copy(e.ray).applyMatrix4(Hh),!(i.boundingBox!==null&&vn.intersectsBox(i.boundingBox)===!1)&&this._computeIntersections(e,t,vn)))}_computeIntersections(e,t,i){let r,s=this.geometry,o=this.material,a=s.index,h=s.attributes.position,l=s.attributes.uv,c=s.attributes.uv1,p=s.attributes.normal,u=s.groups,d=s.drawRange;if(a!==null)if(Array.isArray(o))for(let M=0,E=u.length;M<E;M++){let m=u[M],f=o[m.materialIndex],S=Math.max(m.start,d.start),b=Math.min(a.count,Math.min(m.start+m.count,d.start+d.count));for(let v=S,R=b;v<R;v+=3){let A=a.getX(v),_=a.getX(v+1),y=a.getX(v+2);r=Vo(this,f,e,i,l,c,p,A,_,y),r&&(r.faceIndex=Math.floor(v/3),r.face.materialIndex=m.materialIndex,t.push(r))}}else{let M=Math.max(0,d.start),E=Math.min(a.count,d.start+d.count);for(let m=M,f=E;m<f;m+=3){let S=a.getX(m),b=a.getX(m+1),v=a.getX(m+2);r=Vo(this,o,e,i,l,c,p,S,b,v),r&&(r.faceIndex=Math.floor(m/3),t.push(r))}}else if(h!==void 0)if(Array.isArray(o))for(let M=0,E=u.length;M<E;M++){let m=u[M],f=o[m.materialIndex],S=Math.max(m.start,d.start),b=Math.min(h.count,Math.min(m.start+m.count,d.start+d.count));for(let v=S,R=b;v<R;v+=3){let A=v,_=v+1,y=v+2;r=Vo(this,f,e,i,l,c,p,A,_,y),r&&(r.faceIndex=Math.floor(v/3),r.face.materialIndex=m.materialIndex,t.push(r))}}else{let M=Math.max(0,d.start),E=Math.min(h.count,d.start+d.count);for(let m=M,f=E;m<f;m+=3){let S=m,b=m+1,v=m+2;r=Vo(this,o,e,i,l,c,p,S,b,v),r&&(r.faceIndex=Math.floor(m/3),t.push(r))}}}};function Sp(n,e,t,i,r,s,o,a){let h;if(e.side===ft?h=i.intersectTriangle(o,s,r,!0,a):h=i.intersectTriangle(r,s,o,e.side===hi,a),h===null)return null;Ho.copy(a),Ho.applyMatrix4(n.matrixWorld);let l=t.ray.origin.distanceTo(Ho);return l<t.near||l>t.far?null:{distance:l,point:Ho.clone(),object:n}}function Vo(n,e,t,i,r,s,o,a,h,l){n.getVertexPosition(a,Bo),n.getVertexPosition(h,Go),n.getVertexPosition(l,zo);let c=Sp(n,e,t,i,Bo,Go,zo,Wh);if(c){let p=new C;Pi.getBarycoord(Wh,Bo,Go,zo,p),r&&(c.uv=Pi.getInterpolatedAttribute(r,a,h,l,p,new ae)),s&&(c.uv1=Pi.getInterpolatedAttribute(s,a,h,l,p,new ae)),o&&(c.normal=Pi.getInterpolatedAttribute(o,a,h,l,p,new C),c.normal.dot(i.direction)>0&&c.normal.multiplyScalar(-1));let u={a,b:h,c:l,normal:new C,materialIndex:0};Pi.getNormal(Bo,Go,zo,u.normal),c.face=u,c.barycoord=p}return c}var Ps=new Ve,Xh=new Ve,Yh=new Ve,yp=new Ve,qh=new Me,Wo=new C,el=new Ht,Kh=new Me,tl=new Ai,Ls=class extends ct{constructor(e,t){super(e,t),this.isSkinnedMesh=!0,this.type="SkinnedMesh",this.bindMode=Pa,this.bindMatrix=new Me,this.bindMatrixInverse=new Me,this.boundingBox=null,this.boundingSphere=null}computeBoundingBox(){let e=this.geometry;this.boundingBox===null&&(this.boundingBox=new Qt),this.boundingBox.makeEmpty();let t=e.getAttribute("position");for(let i=0;i<t.count;i++)this.getVertexPosition(i,Wo),this.boundingBox.expandByPoint(Wo)}computeBoundingSphere(){let e=this.geometry;this.boundingSphere===null&&(this.boundingSphere=new Ht),this.boundingSphere.makeEmpty();let t=e.getAttribute("position");for(let i=0;i<t.count;i++)this.getVertexPosition(i,Wo),this.boundingSphere.expandByPoint(Wo)}copy(e,t){return super.copy(e,t),this.bindMode=e.bindMode,this.bindMatrix.copy(e.bindMatrix),this.bindMatrixInverse.copy(e.bindMatrixInverse),this.skeleton=e.skeleton,this.boundingBox=e.boundingBox!==null?e.boundingBox.clone():null,this.boundingSphere=e.boundingSphere!==null?e.boundingSphere.clone():null,this}raycast(e,t){let i=this.material,r=this.matrixWorld;i!==void 0&&(this.boundingSphere===null&&this.computeBoundingSphere(),el.copy(this.boundingSphere),el.applyMatrix4(r),e.ray.intersectsSphere(el)!==!1&&(Kh.copy(r).invert(),tl.copy(e.ray).applyMatrix4(Kh),!(this.boundingBox!==null&&tl.intersectsBox(this.boundingBox)===!1)&&this._computeIntersections(e,t,tl)))}getVertexPosition(e,t){return super.getVertexPosition(e,t),this.applyBoneTransform(e,t),t}bind(e,t){this.skeleton=e,t===void 0&&(this.updateMatrixWorld(!0),this.skeleton.calculateInverses(),t=this.matrixWorld),this.bindMatrix.copy(t),this.bindMatrixInverse.copy(t).invert()}pose(){this.skeleton.pose()}normalizeSkinWeights(){let e=new Ve,t=this.geometry.attributes.skinWeight;for(let i=0,r=t.count;i<r;i++){e.fromBufferAttribute(t,i);let s=1/e.manhattanLength();s!==1/0?e.multiplyScalar(s):e.set(1,0,0,0),t.setXYZW(i,e.x,e.y,e.z,e.w)}}updateMatrixWorld(e){super.updateMatrixWorld(e),this.bindMode===Pa?this.bindMatrixInverse.copy(this.matrixWorld).invert():this.bindMode===lh?this.bindMatrixInverse.copy(this.bindMatrix).invert():me("SkinnedMesh: Unrecognized bindMode: "+this.bindMode)}applyBoneTransform(e,t){let i=this.skeleton,r=this.geometry;Xh.fromBufferAttribute(r.attributes.skinIndex,e),Yh.fromBufferAttribute(r.attributes.skinWeight,e),t.isVector4?(Ps.copy(t),t.set(0,0,0,0)):(Ps.set(t.x,t.y,t.z,1),t.set(0,0,0)),Ps.applyMatrix4(this.bindMatrix);for(let s=0;s<4;s++){let o=Yh.getComponent(s);if(o!==0){let a=Xh.getComponent(s);qh.multiplyMatrices(i.bones[a].matrixWorld,i.boneInverses[a]),t.addScaledVector(yp.copy(Ps).applyMatrix4(qh),o)}}return t.isVector4&&(t.w=Ps.w),t.applyMatrix4(this.bindMatrixInverse)}};var An=class extends Ze{constructor(){super(),this.isBone=!0,this.type="Bone"}};var cr=class extends dt{constructor(e=null,t=1,i=1,r,s,o,a,h,l=ot,c=ot,p,u){super(null,o,a,h,l,c,r,s,p,u),this.isDataTexture=!0,this.image={data:e,width:t,height:i},this.generateMipmaps=!1,this.flipY=!1,this.unpackAlignment=1}};var Zh=new Me,Ep=new Me,Ds=class n{constructor(e=[],t=[]){this.uuid=zt(),this.bones=e.slice(0),this.boneInverses=t,this.boneMatrices=null,this.previousBoneMatrices=null,this.boneTexture=null,this.previousBoneTexture=null,this.init()}init(){let e=this.bones,t=this.boneInverses;if(this.boneMatrices=new Float32Array(e.length*16),t.length===0)this.calculateInverses();else if(e.length!==t.length){me("Skeleton: Number of inverse bone matrices does not match amount of bones."),this.boneInverses=[];for(let i=0,r=this.bones.length;i<r;i++)this.boneInverses.push(new Me)}}calculateInverses(){this.boneInverses.length=0;for(let e=0,t=this.bones.length;e<t;e++){let i=new Me;this.bones[e]&&i.copy(this.bones[e].matrixWorld).invert(),this.boneInverses.push(i)}}pose(){for(let e=0,t=this.bones.length;e<t;e++){let i=this.bones[e];i&&i.matrixWorld.copy(this.boneInverses[e]).invert()}for(let e=0,t=this.bones.length;e<t;e++){let i=this.bones[e];i&&(i.parent&&i.parent.isBone?(i.matrix.copy(i.parent.matrixWorld).invert(),i.matrix.multiply(i.matrixWorld)):i.matrix.copy(i.matrixWorld),i.matrix.decompose(i.position,i.quaternion,i.scale))}}update(){let e=this.bones,t=this.boneInverses,i=this.boneMatrices,r=this.boneTexture;for(let s=0,o=e.length;s<o;s++){let a=e[s]?e[s].matrixWorld:Ep;Zh.multiplyMatrices(a,t[s]),Zh.toArray(i,s*16)}r!==null&&(r.needsUpdate=!0)}clone(){return new n(this.bones,this.boneInverses)}computeBoneTexture(){let e=Math.sqrt(this.bones.length*4);e=Math.ceil(e/4)*4,e=Math.max(e,4);let t=new Float32Array(e*e*4);t.set(this.boneMatrices);let i=new cr(t,e,e,qt,ut);return i.needsUpdate=!0,this.boneMatrices=t,this.boneTexture=i,this}getBoneByName(e){for(let t=0,i=this.bones.length;t<i;t++){let r=this.bones[t];if(r.name===e)return r}}dispose(){this.boneTexture!==null&&(this.boneTexture.dispose(),this.boneTexture=null),this.previousBoneTexture!==null&&(this.previousBoneTexture.dispose(),this.previousBoneTexture=null)}fromJSON(e,t){this.uuid=e.uuid;for(let i=0,r=e.bones.length;i<r;i++){let s=e.bones[i],o=t[s];o===void 0&&(me("Skeleton: No bone found with UUID:",s),o=new An),this.bones.push(o),this.boneInverses.push(new Me().fromArray(e.boneInverses[i]))}return this.init(),this}toJSON(){let e={metadata:{version:4.7,type:"Skeleton",generator:"Skeleton.toJSON"},bones:[],boneInverses:[]};e.uuid=this.uuid;let t=this.bones,i=this.boneInverses;for(let r=0,s=t.length;r<s;r++){let o=t[r];e.bones.push(o.uuid);let a=i[r];e.boneInverses.push(a.toArray())}return e}};var Is=class extends ht{constructor(e,t,i,r=1){super(e,t,i),this.isInstancedBufferAttribute=!0,this.meshPerAttribute=r}copy(e){return super.copy(e),this.meshPerAttribute=e.meshPerAttribute,this}toJSON(){let e=super.toJSON();return e.meshPerAttribute=this.meshPerAttribute,e.isInstancedBufferAttribute=!0,e}};var fr=new Me,Jh=new Me,Xo=[],$h=new Qt,Tp=new Me,Us=new ct,Ns=new Ht,Fs=class extends ct{constructor(e,t,i){super(e,t),this.isInstancedMesh=!0,this.instanceMatrix=new Is(new Float32Array(i*16),16),this.instanceColor=null,this.morphTexture=null,this.count=i,this.boundingBox=null,this.boundingSphere=null;for(let r=0;r<i;r++)this.setMatrixAt(r,Tp)}computeBoundingBox(){let e=this.geometry,t=this.count;this.boundingBox===null&&(this.boundingBox=new Qt),e.boundingBox===null&&e.computeBoundingBox(),this.boundingBox.makeEmpty();for(let i=0;i<t;i++)this.getMatrixAt(i,fr),$h.copy(e.boundingBox).applyMatrix4(fr),this.boundingBox.union($h)}computeBoundingSphere(){let e=this.geometry,t=this.count;this.boundingSphere===null&&(this.boundingSphere=new Ht),e.boundingSphere===null&&e.computeBoundingSphere(),this.boundingSphere.makeEmpty();for(let i=0;i<t;i++)this.getMatrixAt(i,fr),Ns.copy(e.boundingSphere).applyMatrix4(fr),this.boundingSphere.union(Ns)}copy(e,t){return super.copy(e,t),this.instanceMatrix.copy(e.instanceMatrix),this.morphTexture=e.morphTexture!==null?e.morphTexture.clone():null,this.instanceColor=e.instanceColor!==null?e.instanceColor.clone():null,this.count=e.count,this.boundingBox=e.boundingBox!==null?e.boundingBox.clone():null,this.boundingSphere=e.boundingSphere!==null?e.boundingSphere.clone():null,this}getColorAt(e,t){return this.instanceColor===null?t.setRGB(1,1,1):t.fromArray(this.instanceColor.array,e*3)}getMatrixAt(e,t){return t.fromArray(this.instanceMatrix.array,e*16)}getMorphAt(e,t){let i=t.morphTargetInfluences,r=this.morphTexture.source.data.data,s=i.length+1,o=e*s+1;for(let a=0;a<i.length;a++)i[a]=r[o+a]}raycast(e,t){let i=this.matrixWorld,r=this.count;if(Us.geometry=this.geometry,Us.material=this.material,Us.material!==void 0&&(this.boundingSphere===null&&this.computeBoundingSphere(),Ns.copy(this.boundingSphere),Ns.applyMatrix4(i),e.ray.intersectsSphere(Ns)!==!1))for(let s=0;s<r;s++){this.getMatrixAt(s,fr),Jh.multiplyMatrices(i,fr),Us.matrixWorld=Jh,Us.raycast(e,Xo);for(let o=0,a=Xo.length;o<a;o++){let h=Xo[o];h.instanceId=s,h.object=this,t.push(h)}Xo.length=0}}setColorAt(e,t){return this.instanceColor===null&&(this.instanceColor=new Is(new Float32Array(this.instanceMatrix.count*3).fill(1),3)),t.toArray(this.instanceColor.array,e*3),this}setMatrixAt(e,t){return t.toArray(this.instanceMatrix.array,e*16),this}setMorphAt(e,t){let i=t.morphTargetInfluences,r=i.length+1;this.morphTexture===null&&(this.morphTexture=new cr(new Float32Array(r*this.count),r,this.count,Dn,ut));let s=this.morphTexture.source.data.data,o=0;for(let l=0;l<i.length;l++)o+=i[l];let a=this.geometry.morphTargetsRelative?1:1-o,h=r*e;return s[h]=a,s.set(i,h+1),this}updateMorphTargets(){}dispose(){super.dispose(),this.instanceMatrix.dispose(),this.instanceColor!==null&&this.instanceColor.dispose(),this.morphTexture!==null&&(this.morphTexture.dispose(),this.morphTexture=null)}};var bn=new Ht,vp=new ae(.5,.5),Yo=new C,bi=class{constructor(e=new Vt,t=new Vt,i=new Vt,r=new Vt,s=new Vt,o=new Vt){this.planes=[e,t,i,r,s,o]}set(e,t,i,r,s,o){let a=this.planes;return a[0].copy(e),a[1].copy(t),a[2].copy(i),a[3].copy(r),a[4].copy(s),a[5].copy(o),this}copy(e){let t=this.planes;for(let i=0;i<6;i++)t[i].copy(e.planes[i]);return this}setFromProjectionMatrix(e,t=Nt,i=!1){let r=this.planes,s=e.elements,o=s[0],a=s[1],h=s[2],l=s[3],c=s[4],p=s[5],u=s[6],d=s[7],M=s[8],E=s[9],m=s[10],f=s[11],S=s[12],b=s[13],v=s[14],R=s[15];if(r[0].setComponents(l-o,d-c,f-M,R-S).normalize(),r[1].setComponents(l+o,d+c,f+M,R+S).normalize(),r[2].setComponents(l+a,d+p,f+E,R+b).normalize(),r[3].setComponents(l-a,d-p,f-E,R-b).normalize(),i)r[4].setComponents(h,u,m,v).normalize(),r[5].setComponents(l-h,d-u,f-m,R-v).normalize();else if(r[4].setComponents(l-h,d-u,f-m,R-v).normalize(),t===Nt)r[5].setComponents(l+h,d+u,f+m,R+v).normalize();else if(t===Ni)r[5].setComponents(h,u,m,v).normalize();else throw new Error("THREE.Frustum.setFromProjectionMatrix(): Invalid coordinate system: "+t);return this}intersectsObject(e){if(e.boundingSphere!==void 0)e.boundingSphere===null&&e.computeBoundingSphere(),bn.copy(e.boundingSphere).applyMatrix4(e.matrixWorld);else{let t=e.geometry;t.boundingSphere===null&&t.computeBoundingSphere(),bn.copy(t.boundingSphere).applyMatrix4(e.matrixWorld)}return this.intersectsSphere(bn)}intersectsSprite(e){bn.center.set(0,0,0);let t=vp.distanceTo(e.center);return bn.radius=.7071067811865476+t,bn.applyMatrix4(e.matrixWorld),this.intersectsSphere(bn)}intersectsSphere(e){let t=this.planes,i=e.center,r=-e.radius;for(let s=0;s<6;s++)if(t[s].distanceToPoint(i)<r)return!1;return!0}intersectsBox(e){let t=this.planes;for(let i=0;i<6;i++){let r=t[i];if(Yo.x=r.normal.x>0?e.max.x:e.min.x,Yo.y=r.normal.y>0?e.max.y:e.min.y,Yo.z=r.normal.z>0?e.max.z:e.min.z,r.distanceToPoint(Yo)<0)return!1}return!0}containsPoint(e){let t=this.planes;for(let i=0;i<6;i++)if(t[i].distanceToPoint(e)<0)return!1;return!0}clone(){return new this.constructor().copy(this)}};var Qh=new Me,qo=class n{constructor(){this.coordinateSystem=Nt,this._frustums=[],this._count=0}setFromArrayCamera(e){let t=e.cameras,i=this._frustums;for(let r=0;r<t.length;r++){let s=t[r];Qh.multiplyMatrices(s.projectionMatrix,s.matrixWorldInverse),i[r]===void 0&&(i[r]=new bi),i[r].setFromProjectionMatrix(Qh,s.coordinateSystem,s.reversedDepth)}return this._count=t.length,this}getFrustum(e){return this._frustums[e]}intersectsObject(e){let t=this._frustums;for(let i=0;i<this._count;i++)if(t[i].intersectsObject(e))return!0;return!1}intersectsSprite(e){let t=this._frustums;for(let i=0;i<this._count;i++)if(t[i].intersectsSprite(e))return!0;return!1}intersectsSphere(e){let t=this._frustums;for(let i=0;i<this._count;i++)if(t[i].intersectsSphere(e))return!0;return!1}intersectsBox(e){let t=this._frustums;for(let i=0;i<this._count;i++)if(t[i].intersectsBox(e))return!0;return!1}containsPoint(e){let t=this._frustums;for(let i=0;i<this._count;i++)if(t[i].containsPoint(e))return!0;return!1}copy(e){this.coordinateSystem=e.coordinateSystem;let t=this._frustums,i=e._frustums;for(let r=0;r<e._count;r++)t[r]===void 0&&(t[r]=new bi),t[r].copy(i[r]);return this._count=e._count,this}clone(){return new n().copy(this)}};var wn=class extends Lt{constructor(e){super(),this.isLineBasicMaterial=!0,this.type="LineBasicMaterial",this.color=new Se(16777215),this.map=null,this.linewidth=1,this.linecap="round",this.linejoin="round",this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.map=e.map,this.linewidth=e.linewidth,this.linecap=e.linecap,this.linejoin=e.linejoin,this.fog=e.fog,this}};var Jo=new C,$o=new C,jh=new Me,Os=new Ai,Ko=new Ht,il=new C,ec=new C,Qo=class extends Ze{constructor(e=new qe,t=new wn){super(),this.isLine=!0,this.type="Line",this.geometry=e,this.material=t,this.morphTargetDictionary=void 0,this.morphTargetInfluences=void 0,this.updateMorphTargets()}copy(e,t){return super.copy(e,t),e.morphTargetInfluences!==void 0?this.morphTargetInfluences=e.morphTargetInfluences.slice():this.morphTargetInfluences=void 0,e.morphTargetDictionary!==void 0?this.morphTargetDictionary=Object.assign({},e.morphTargetDictionary):this.morphTargetDictionary=void 0,this.material=Array.isArray(e.material)?e.material.slice():e.material,this.geometry=e.geometry,this}computeLineDistances(){let e=this.geometry;if(e.index===null){let t=e.attributes.position,i=[0];for(let r=1,s=t.count;r<s;r++)Jo.fromBufferAttribute(t,r-1),$o.fromBufferAttribute(t,r),i[r]=i[r-1],i[r]+=Jo.distanceTo($o);e.setAttribute("lineDistance",new Be(i,1))}else me("Line.computeLineDistances(): Computation only possible with non-indexed BufferGeometry.");return this}intersectsFrustum(e){return e.intersectsObject(this)}raycast(e,t){let i=this.geometry,r=this.matrixWorld,s=e.params.Line.threshold,o=i.drawRange;if(i.boundingSphere===null&&i.computeBoundingSphere(),Ko.copy(i.boundingSphere),Ko.applyMatrix4(r),Ko.radius+=s,e.ray.intersectsSphere(Ko)===!1)return;jh.copy(r).invert(),Os.copy(e.ray).applyMatrix4(jh);let a=s/((this.scale.x+this.scale.y+this.scale.z)/3),h=a*a,l=this.isLineSegments?2:1,c=i.index,u=i.attributes.position;if(c!==null){let d=Math.max(0,o.start),M=Math.min(c.count,o.start+o.count);for(let E=d,m=M-1;E<m;E+=l){let f=c.getX(E),S=c.getX(E+1),b=Zo(this,e,Os,h,f,S,E);b&&t.push(b)}if(this.isLineLoop){let E=c.getX(M-1),m=c.getX(d),f=Zo(this,e,Os,h,E,m,M-1);f&&t.push(f)}}else{let d=Math.max(0,o.start),M=Math.min(u.count,o.start+o.count);for(let E=d,m=M-1;E<m;E+=l){let f=Zo(this,e,Os,h,E,E+1,E);f&&t.push(f)}if(this.isLineLoop){let E=Zo(this,e,Os,h,M-1,d,M-1);E&&t.push(E)}}}updateMorphTargets(){let t=this.geometry.morphAttributes,i=Object.keys(t);if(i.length>0){let r=t[i[0]];if(r!==void 0){this.morphTargetInfluences=[],this.morphTargetDictionary={};for(let s=0,o=r.length;s<o;s++){let a=r[s].name||String(s);this.morphTargetInfluences.push(0),this.morphTargetDictionary[a]=s}}}}};function Zo(n,e,t,i,r,s,o){let a=n.geometry.attributes.position;if(Jo.fromBufferAttribute(a,r),$o.fromBufferAttribute(a,s),t.distanceSqToSegment(Jo,$o,il,ec)>i)return;il.applyMatrix4(n.matrixWorld);let l=e.ray.origin.distanceTo(il);if(!(l<e.near||l>e.far))return{distance:l,point:ec.clone().applyMatrix4(n.matrixWorld),index:o,face:null,faceIndex:null,barycoord:null,object:n}}var tc=new C,ic=new C,Bs=class extends Qo{constructor(e,t){super(e,t),this.isLineSegments=!0,this.type="LineSegments"}computeLineDistances(){let e=this.geometry;if(e.index===null){let t=e.attributes.position,i=[];for(let r=0,s=t.count;r<s;r+=2)tc.fromBufferAttribute(t,r),ic.fromBufferAttribute(t,r+1),i[r]=r===0?0:i[r-1],i[r+1]=i[r]+tc.distanceTo(ic);e.setAttribute("lineDistance",new Be(i,1))}else me("LineSegments.computeLineDistances(): Computation only possible with non-indexed BufferGeometry.");return this}};var ur=class extends dt{constructor(e=[],t=pn,i,r,s,o,a,h,l,c){super(e,t,i,r,s,o,a,h,l,c),this.isCubeTexture=!0,this.flipY=!1}get images(){return this.image}set images(e){this.image=e}};var Gs=class extends dt{constructor(e,t,i,r,s,o,a,h,l){super(e,t,i,r,s,o,a,h,l),this.isCanvasTexture=!0,this.needsUpdate=!0}};var wi=class extends dt{constructor(e,t,i=Bt,r,s,o,a=ot,h=ot,l,c=ci,p=1){if(c!==ci&&c!==Mi)throw new Error("THREE.DepthTexture: format must be either THREE.DepthFormat or THREE.DepthStencilFormat");let u={width:e,height:t,depth:p};super(u,r,s,o,a,h,c,i,l),this.isDepthTexture=!0,this.flipY=!1,this.generateMipmaps=!1,this.compareFunction=null}copy(e){return super.copy(e),this.source=new $i(Object.assign({},e.image)),this.compareFunction=e.compareFunction,this}toJSON(e){let t=super.toJSON(e);return t.compareFunction=this.compareFunction,t}};var dr=class extends wi{constructor(e,t=Bt,i=pn,r,s,o=ot,a=ot,h,l=ci){let c={width:e,height:e,depth:1},p=[c,c,c,c,c,c];super(e,e,t,i,r,s,o,a,h,l),this.image=p,this.isCubeDepthTexture=!0,this.isCubeTexture=!0}get images(){return this.image}set images(e){this.image=e}};var pr=class n extends qe{constructor(e=1,t=1,i=1,r=1,s=1,o=1){super(),this.type="BoxGeometry",this.parameters={width:e,height:t,depth:i,widthSegments:r,heightSegments:s,depthSegments:o};let a=this;r=Math.floor(r),s=Math.floor(s),o=Math.floor(o);let h=[],l=[],c=[],p=[],u=0,d=0;M("z","y","x",-1,-1,i,t,e,o,s,0),M("z","y","x",1,-1,i,t,-e,o,s,1),M("x","z","y",1,1,e,i,t,r,o,2),M("x","z","y",1,-1,e,i,-t,r,o,3),M("x","y","z",1,-1,e,t,i,r,s,4),M("x","y","z",-1,-1,e,t,-i,r,s,5),this.setIndex(h),this.setAttribute("position",new Be(l,3)),this.setAttribute("normal",new Be(c,3)),this.setAttribute("uv",new Be(p,2));function M(E,m,f,S,b,v,R,A,_,y,N){let D=v/_,U=R/y,G=v/2,J=R/2,P=A/2,H=_+1,Z=y+1,k=0,te=0,W=new C;for(let $=0;$<Z;$++){let Q=$*U-J;for(let Ee=0;Ee<H;Ee++){let Fe=Ee*D-G;W[E]=Fe*S,W[m]=Q*b,W[f]=P,l.push(W.x,W.y,W.z),W[E]=0,W[m]=0,W[f]=A>0?1:-1,c.push(W.x,W.y,W.z),p.push(Ee/_),p.push(1-$/y),k+=1}}for(let $=0;$<y;$++)for(let Q=0;Q<_;Q++){let Ee=u+Q+H*$,Fe=u+Q+H*($+1),Oe=u+(Q+1)+H*($+1),tt=u+(Q+1)+H*$;h.push(Ee,Fe,tt),h.push(Fe,Oe,tt),te+=6}a.addGroup(d,te,N),d+=te,u+=k}}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.width,e.height,e.depth,e.widthSegments,e.heightSegments,e.depthSegments)}};var jo=class n extends qe{constructor(e=1,t=32,i=0,r=Math.PI*2){super(),this.type="CircleGeometry",this.parameters={radius:e,segments:t,thetaStart:i,thetaLength:r},t=Math.max(3,t);let s=[],o=[],a=[],h=[],l=new C,c=new ae;o.push(0,0,0),a.push(0,0,1),h.push(.5,.5);for(let p=0,u=3;p<=t;p++,u+=3){let d=i+p/t*r;l.x=e*Math.cos(d),l.y=e*Math.sin(d),o.push(l.x,l.y,l.z),a.push(0,0,1),c.x=(o[u]/e+1)/2,c.y=(o[u+1]/e+1)/2,h.push(c.x,c.y)}for(let p=1;p<=t;p++)s.push(p,p+1,0);this.setIndex(s),this.setAttribute("position",new Be(o,3)),this.setAttribute("normal",new Be(a,3)),this.setAttribute("uv",new Be(h,2))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.radius,e.segments,e.thetaStart,e.thetaLength)}};var ea=class n extends qe{constructor(e=1,t=1,i=1,r=32,s=1,o=!1,a=0,h=Math.PI*2){super(),this.type="CylinderGeometry",this.parameters={radiusTop:e,radiusBottom:t,height:i,radialSegments:r,heightSegments:s,openEnded:o,thetaStart:a,thetaLength:h};let l=this;r=Math.floor(r),s=Math.floor(s);let c=[],p=[],u=[],d=[],M=0,E=[],m=i/2,f=0;S(),o===!1&&(e>0&&b(!0),t>0&&b(!1)),this.setIndex(c),this.setAttribute("position",new Be(p,3)),this.setAttribute("normal",new Be(u,3)),this.setAttribute("uv",new Be(d,2));function S(){let v=new C,R=new C,A=0,_=(t-e)/i;for(let y=0;y<=s;y++){let N=[],D=y/s,U=D*(t-e)+e;for(let G=0;G<=r;G++){let J=G/r,P=J*h+a,H=Math.sin(P),Z=Math.cos(P);R.x=U*H,R.y=-D*i+m,R.z=U*Z,p.push(R.x,R.y,R.z),v.set(H,_,Z).normalize(),u.push(v.x,v.y,v.z),d.push(J,1-D),N.push(M++)}E.push(N)}for(let y=0;y<r;y++)for(let N=0;N<s;N++){let D=E[N][y],U=E[N+1][y],G=E[N+1][y+1],J=E[N][y+1];(e>0||N!==0)&&(c.push(D,U,J),A+=3),(t>0||N!==s-1)&&(c.push(U,G,J),A+=3)}l.addGroup(f,A,0),f+=A}function b(v){let R=M,A=new ae,_=new C,y=0,N=v===!0?e:t,D=v===!0?1:-1;for(let G=1;G<=r;G++)p.push(0,m*D,0),u.push(0,D,0),d.push(.5,.5),M++;let U=M;for(let G=0;G<=r;G++){let P=G/r*h+a,H=Math.cos(P),Z=Math.sin(P);_.x=N*Z,_.y=m*D,_.z=N*H,p.push(_.x,_.y,_.z),u.push(0,D,0),A.x=H*.5+.5,A.y=Z*.5*D+.5,d.push(A.x,A.y),M++}for(let G=0;G<r;G++){let J=R+G,P=U+G;v===!0?c.push(P,P+1,J):c.push(P+1,P,J),y+=3}l.addGroup(f,y,v===!0?1:2),f+=y}}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.radiusTop,e.radiusBottom,e.height,e.radialSegments,e.heightSegments,e.openEnded,e.thetaStart,e.thetaLength)}};var ta=class n extends qe{constructor(e=[new ae(0,-.5),new ae(.5,0),new ae(0,.5)],t=12,i=0,r=Math.PI*2){super(),this.type="LatheGeometry",this.parameters={points:e,segments:t,phiStart:i,phiLength:r},t=Math.floor(t),r=Re(r,0,Math.PI*2);let s=[],o=[],a=[],h=[],l=[],c=1/t,p=new C,u=new ae,d=new C,M=new C,E=new C,m=0,f=0;for(let S=0;S<=e.length-1;S++)switch(S){case 0:m=e[S+1].x-e[S].x,f=e[S+1].y-e[S].y,d.x=f*1,d.y=-m,d.z=f*0,E.copy(d),d.normalize(),h.push(d.x,d.y,d.z);break;case e.length-1:E.normalize(),h.push(E.x,E.y,E.z);break;default:m=e[S+1].x-e[S].x,f=e[S+1].y-e[S].y,d.x=f*1,d.y=-m,d.z=f*0,M.copy(d),d.x+=E.x,d.y+=E.y,d.z+=E.z,d.normalize(),h.push(d.x,d.y,d.z),E.copy(M)}for(let S=0;S<=t;S++){let b=i+S*c*r,v=Math.sin(b),R=Math.cos(b);for(let A=0;A<=e.length-1;A++){p.x=e[A].x*v,p.y=e[A].y,p.z=e[A].x*R,o.push(p.x,p.y,p.z),u.x=S/t,u.y=A/(e.length-1),a.push(u.x,u.y);let _=h[3*A+0]*v,y=h[3*A+1],N=h[3*A+0]*R;l.push(_,y,N)}}for(let S=0;S<t;S++)for(let b=0;b<e.length-1;b++){let v=b+S*e.length,R=v,A=v+e.length,_=v+e.length+1,y=v+1;s.push(R,A,y),s.push(_,y,A)}this.setIndex(s),this.setAttribute("position",new Be(o,3)),this.setAttribute("uv",new Be(a,2)),this.setAttribute("normal",new Be(l,3))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.points,e.segments,e.phiStart,e.phiLength)}};var mr=class n extends qe{constructor(e=1,t=1,i=1,r=1){super(),this.type="PlaneGeometry",this.parameters={width:e,height:t,widthSegments:i,heightSegments:r};let s=e/2,o=t/2,a=Math.floor(i),h=Math.floor(r),l=a+1,c=h+1,p=e/a,u=t/h,d=[],M=[],E=[],m=[];for(let f=0;f<c;f++){let S=f*u-o;for(let b=0;b<l;b++){let v=b*p-s;M.push(v,-S,0),E.push(0,0,1),m.push(b/a),m.push(1-f/h)}}for(let f=0;f<h;f++)for(let S=0;S<a;S++){let b=S+l*f,v=S+l*(f+1),R=S+1+l*(f+1),A=S+1+l*f;d.push(b,v,A),d.push(v,R,A)}this.setIndex(d),this.setAttribute("position",new Be(M,3)),this.setAttribute("normal",new Be(E,3)),this.setAttribute("uv",new Be(m,2))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.width,e.height,e.widthSegments,e.heightSegments)}};var ia=class n extends qe{constructor(e=.5,t=1,i=32,r=1,s=0,o=Math.PI*2){super(),this.type="RingGeometry",this.parameters={innerRadius:e,outerRadius:t,thetaSegments:i,phiSegments:r,thetaStart:s,thetaLength:o},i=Math.max(3,i),r=Math.max(1,r);let a=[],h=[],l=[],c=[],p=e,u=(t-e)/r,d=new C,M=new ae;for(let E=0;E<=r;E++){for(let m=0;m<=i;m++){let f=s+m/i*o;d.x=p*Math.cos(f),d.y=p*Math.sin(f),h.push(d.x,d.y,d.z),l.push(0,0,1),M.x=(d.x/t+1)/2,M.y=(d.y/t+1)/2,c.push(M.x,M.y)}p+=u}for(let E=0;E<r;E++){let m=E*(i+1);for(let f=0;f<i;f++){let S=f+m,b=S,v=S+i+1,R=S+i+2,A=S+1;a.push(b,v,A),a.push(v,R,A)}}this.setIndex(a),this.setAttribute("position",new Be(h,3)),this.setAttribute("normal",new Be(l,3)),this.setAttribute("uv",new Be(c,2))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.innerRadius,e.outerRadius,e.thetaSegments,e.phiSegments,e.thetaStart,e.thetaLength)}};var _r=class n extends qe{constructor(e=1,t=32,i=16,r=0,s=Math.PI*2,o=0,a=Math.PI){super(),this.type="SphereGeometry",this.parameters={radius:e,widthSegments:t,heightSegments:i,phiStart:r,phiLength:s,thetaStart:o,thetaLength:a},t=Math.max(3,Math.floor(t)),i=Math.max(2,Math.floor(i));let h=Math.min(o+a,Math.PI),l=0,c=[],p=new C,u=new C,d=[],M=[],E=[],m=[];for(let f=0;f<=i;f++){let S=[],b=f/i,v=o+b*a,R=e*Math.cos(v),A=Math.sqrt(e*e-R*R),_=0;f===0&&o===0?_=.5/t:f===i&&h===Math.PI&&(_=-.5/t);for(let y=0;y<=t;y++){let N=y/t,D=r+N*s;p.x=-A*Math.cos(D),p.y=R,p.z=A*Math.sin(D),M.push(p.x,p.y,p.z),u.copy(p).normalize(),E.push(u.x,u.y,u.z),m.push(N+_,1-b),S.push(l++)}c.push(S)}for(let f=0;f<i;f++)for(let S=0;S<t;S++){let b=c[f][S+1],v=c[f][S],R=c[f+1][S],A=c[f+1][S+1];(f!==0||o>0)&&d.push(b,v,A),(f!==i-1||h<Math.PI)&&d.push(v,R,A)}this.setIndex(d),this.setAttribute("position",new Be(M,3)),this.setAttribute("normal",new Be(E,3)),this.setAttribute("uv",new Be(m,2))}copy(e){return super.copy(e),this.parameters=Object.assign({},e.parameters),this}static fromJSON(e){return new n(e.radius,e.widthSegments,e.heightSegments,e.phiStart,e.phiLength,e.thetaStart,e.thetaLength)}};var zs=class extends Lt{constructor(e){super(),this.isShadowMaterial=!0,this.type="ShadowMaterial",this.color=new Se(0),this.transparent=!0,this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.fog=e.fog,this}};function Hi(n){let e={};for(let t in n){e[t]={};for(let i in n[t]){let r=n[t][i];if(nc(r))r.isRenderTargetTexture?(me("UniformsUtils: Textures of render targets cannot be cloned via cloneUniforms() or mergeUniforms()."),e[t][i]=null):e[t][i]=r.clone();else if(Array.isArray(r))if(nc(r[0])){let s=[];for(let o=0,a=r.length;o<a;o++)s[o]=r[o].clone();e[t][i]=s}else e[t][i]=r.slice();else e[t][i]=r}}return e}function Wt(n){let e={};for(let t=0;t<n.length;t++){let i=Hi(n[t]);for(let r in i)e[r]=i[r]}return e}function nc(n){return n&&(n.isColor||n.isMatrix3||n.isMatrix4||n.isVector2||n.isVector3||n.isVector4||n.isTexture||n.isQuaternion)}function rc(n){let e=[];for(let t=0;t<n.length;t++)e.push(n[t].clone());return e}function na(n){let e=n.getRenderTarget();return e===null?n.outputColorSpace:e.isXRRenderTarget===!0?e.texture.colorSpace:Le.workingColorSpace}var sc={clone:Hi,merge:Wt};var oc=`void main(){
gl_Position=projectionMatrix*modelViewMatrix*vec4( position,1.0 );
}
`;var ac=`void main(){
gl_FragColor=vec4( 1.0,0.0,0.0,1.0 );
}
`;var Ri=class extends Lt{constructor(e){super(),this.isShaderMaterial=!0,this.type="ShaderMaterial",this.defines={},this.uniforms={},this.uniformsGroups=[],this.vertexShader=oc,this.fragmentShader=ac,this.linewidth=1,this.wireframe=!1,this.wireframeLinewidth=1,this.fog=!1,this.lights=!1,this.clipping=!1,this.forceSinglePass=!0,this.extensions={clipCullDistance:!1,multiDraw:!1},this.defaultAttributeValues={color:[1,1,1],uv:[0,0],uv1:[0,0]},this.index0AttributeName=void 0,this.uniformsNeedUpdate=!1,this.glslVersion=null,e!==void 0&&this.setValues(e)}copy(e){return super.copy(e),this.fragmentShader=e.fragmentShader,this.vertexShader=e.vertexShader,this.uniforms=Hi(e.uniforms),this.uniformsGroups=rc(e.uniformsGroups),this.defines=Object.assign({},e.defines),this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this.fog=e.fog,this.lights=e.lights,this.clipping=e.clipping,this.extensions=Object.assign({},e.extensions),this.glslVersion=e.glslVersion,this.defaultAttributeValues=Object.assign({},e.defaultAttributeValues),this.index0AttributeName=e.index0AttributeName,this.uniformsNeedUpdate=e.uniformsNeedUpdate,this}toJSON(e){let t=super.toJSON(e);t.glslVersion=this.glslVersion,t.uniforms={};for(let r in this.uniforms){let o=this.uniforms[r].value;o&&o.isTexture?t.uniforms[r]={type:"t",value:o.toJSON(e).uuid}:o&&o.isColor?t.uniforms[r]={type:"c",value:o.getHex()}:o&&o.isVector2?t.uniforms[r]={type:"v2",value:o.toArray()}:o&&o.isVector3?t.uniforms[r]={type:"v3",value:o.toArray()}:o&&o.isVector4?t.uniforms[r]={type:"v4",value:o.toArray()}:o&&o.isMatrix3?t.uniforms[r]={type:"m3",value:o.toArray()}:o&&o.isMatrix4?t.uniforms[r]={type:"m4",value:o.toArray()}:t.uniforms[r]={value:o}}Object.keys(this.defines).length>0&&(t.defines=this.defines),t.vertexShader=this.vertexShader,t.fragmentShader=this.fragmentShader,t.lights=this.lights,t.clipping=this.clipping;let i={};for(let r in this.extensions)this.extensions[r]===!0&&(i[r]=!0);return Object.keys(i).length>0&&(t.extensions=i),t}fromJSON(e,t){if(super.fromJSON(e,t),e.uniforms!==void 0)for(let i in e.uniforms){let r=e.uniforms[i];switch(this.uniforms[i]={},r.type){case"t":this.uniforms[i].value=t[r.value]||null;break;case"c":this.uniforms[i].value=new Se().setHex(r.value);break;case"v2":this.uniforms[i].value=new ae().fromArray(r.value);break;case"v3":this.uniforms[i].value=new C().fromArray(r.value);break;case"v4":this.uniforms[i].value=new Ve().fromArray(r.value);break;case"m3":this.uniforms[i].value=new ve().fromArray(r.value);break;case"m4":this.uniforms[i].value=new Me().fromArray(r.value);break;default:this.uniforms[i].value=r.value}}if(e.defines!==void 0&&(this.defines=e.defines),e.vertexShader!==void 0&&(this.vertexShader=e.vertexShader),e.fragmentShader!==void 0&&(this.fragmentShader=e.fragmentShader),e.glslVersion!==void 0&&(this.glslVersion=e.glslVersion),e.extensions!==void 0)for(let i in e.extensions)this.extensions[i]=e.extensions[i];return e.lights!==void 0&&(this.lights=e.lights),e.clipping!==void 0&&(this.clipping=e.clipping),this}};var ra=class extends Ri{constructor(e){super(e),this.isRawShaderMaterial=!0,this.type="RawShaderMaterial"}};var nn=class extends Lt{constructor(e){super(),this.isMeshPhongMaterial=!0,this.type="MeshPhongMaterial",this.color=new Se(16777215),this.specular=new Se(1118481),this.shininess=30,this.map=null,this.lightMap=null,this.lightMapIntensity=1,this.aoMap=null,this.aoMapIntensity=1,this.emissive=new Se(0),this.emissiveIntensity=1,this.emissiveMap=null,this.bumpMap=null,this.bumpScale=1,this.normalMap=null,this.normalMapType=ps,this.normalScale=new ae(1,1),this.displacementMap=null,this.displacementScale=1,this.displacementBias=0,this.specularMap=null,this.alphaMap=null,this.envMap=null,this.envMapRotation=new ui,this.combine=Rn,this.reflectivity=1,this.envMapIntensity=1,this.refractionRatio=.98,this.wireframe=!1,this.wireframeLinewidth=1,this.wireframeLinecap="round",this.wireframeLinejoin="round",this.flatShading=!1,this.fog=!0,this.setValues(e)}copy(e){return super.copy(e),this.color.copy(e.color),this.specular.copy(e.specular),this.shininess=e.shininess,this.map=e.map,this.lightMap=e.lightMap,this.lightMapIntensity=e.lightMapIntensity,this.aoMap=e.aoMap,this.aoMapIntensity=e.aoMapIntensity,this.emissive.copy(e.emissive),this.emissiveMap=e.emissiveMap,this.emissiveIntensity=e.emissiveIntensity,this.bumpMap=e.bumpMap,this.bumpScale=e.bumpScale,this.normalMap=e.normalMap,this.normalMapType=e.normalMapType,this.normalScale.copy(e.normalScale),this.displacementMap=e.displacementMap,this.displacementScale=e.displacementScale,this.displacementBias=e.displacementBias,this.specularMap=e.specularMap,this.alphaMap=e.alphaMap,this.envMap=e.envMap,this.envMapRotation.copy(e.envMapRotation),this.combine=e.combine,this.reflectivity=e.reflectivity,this.envMapIntensity=e.envMapIntensity,this.refractionRatio=e.refractionRatio,this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this.wireframeLinecap=e.wireframeLinecap,this.wireframeLinejoin=e.wireframeLinejoin,this.flatShading=e.flatShading,this.fog=e.fog,this}};var sa=class extends Lt{constructor(e){super(),this.isMeshDepthMaterial=!0,this.type="MeshDepthMaterial",this.depthPacking=ch,this.map=null,this.alphaMap=null,this.displacementMap=null,this.displacementScale=1,this.displacementBias=0,this.wireframe=!1,this.wireframeLinewidth=1,this.setValues(e)}copy(e){return super.copy(e),this.depthPacking=e.depthPacking,this.map=e.map,this.alphaMap=e.alphaMap,this.displacementMap=e.displacementMap,this.displacementScale=e.displacementScale,this.displacementBias=e.displacementBias,this.wireframe=e.wireframe,this.wireframeLinewidth=e.wireframeLinewidth,this}};var oa=class extends Lt{constructor(e){super(),this.isMeshDistanceMaterial=!0,this.type="MeshDistanceMaterial",this.map=null,this.alphaMap=null,this.displacementMap=null,this.displacementScale=1,this.displacementBias=0,this.setValues(e)}copy(e){return super.copy(e),this.map=e.map,this.alphaMap=e.alphaMap,this.displacementMap=e.displacementMap,this.displacementScale=e.displacementScale,this.displacementBias=e.displacementBias,this}};var gr=class extends Ze{static registerNode(e){this.prototype._lightNode=e}constructor(e,t=1){super(),this.isLight=!0,this.type="Light",this.color=new Se(e),this.intensity=t}copy(e,t){return super.copy(e,t),this.color.copy(e.color),this.intensity=e.intensity,this}toJSON(e){let t=super.toJSON(e);return t.object.color=this.color.getHex(),t.object.intensity=this.intensity,t}};var ks=class extends gr{constructor(e,t,i){super(e,i),this.isHemisphereLight=!0,this.type="HemisphereLight",this.position.copy(Ze.DEFAULT_UP),this.updateMatrix(),this.groundColor=new Se(t)}copy(e,t){return super.copy(e,t),this.groundColor.copy(e.groundColor),this}toJSON(e){let t=super.toJSON(e);return t.object.groundColor=this.groundColor.getHex(),t}};var nl=new Me,lc=new C,hc=new C,aa=class{constructor(e){this.camera=e,this.intensity=1,this.bias=0,this.biasNode=null,this.normalBias=0,this.radius=1,this.blurSamples=8,this.mapSize=new ae(512,512),this.mapType=wt,this.map=null,this.mapPass=null,this.matrix=new Me,this.autoUpdate=!0,this.needsUpdate=!1,this._frustum=new bi,this._frameExtents=new ae(1,1),this._viewportCount=1,this._viewports=[new Ve(0,0,1,1)]}getViewportCount(){return this._viewportCount}getCamera(){return this.camera}getFrustum(){return this._frustum}updateMatrices(e){let t=this.camera;lc.setFromMatrixPosition(e.matrixWorld),t.position.copy(lc),hc.setFromMatrixPosition(e.target.matrixWorld),t.lookAt(hc),t.updateMatrixWorld(),this._updateMatrix(t,this.matrix,this._frustum)}_updateMatrix(e,t,i,r){nl.multiplyMatrices(e.projectionMatrix,e.matrixWorldInverse),i.setFromProjectionMatrix(nl,e.coordinateSystem,e.reversedDepth);let s=this._frameExtents,o=r?r.z/s.x:1,a=r?r.w/s.y:1,h=r?r.x/s.x:0,l=r?r.y/s.y:0;e.coordinateSystem===Ni||e.reversedDepth?t.set(.5*o,0,0,.5*o+h,0,.5*a,0,.5*a+l,0,0,1,0,0,0,0,1):t.set(.5*o,0,0,.5*o+h,0,.5*a,0,.5*a+l,0,0,.5,.5,0,0,0,1),t.multiply(nl)}getViewport(e){return this._viewports[e]}getFrameExtents(){return this._frameExtents}dispose(){this.map&&this.map.dispose(),this.mapPass&&this.mapPass.dispose()}copy(e){return this.camera=e.camera.clone(),this.intensity=e.intensity,this.bias=e.bias,this.radius=e.radius,this.autoUpdate=e.autoUpdate,this.needsUpdate=e.needsUpdate,this.normalBias=e.normalBias,this.blurSamples=e.blurSamples,this.mapSize.copy(e.mapSize),this.mapType=e.mapType,this.biasNode=e.biasNode,this}clone(){return new this.constructor().copy(this)}toJSON(){let e={};return e.intensity=this.intensity,e.bias=this.bias,e.normalBias=this.normalBias,e.radius=this.radius,e.blurSamples=this.blurSamples,e.mapSize=this.mapSize.toArray(),e.mapType=this.mapType,e.camera=this.camera.toJSON(!1).object,delete e.camera.matrix,e}};var la=new C,ha=new Ct,Li=new C,xr=class extends Ze{constructor(){super(),this.isCamera=!0,this.type="Camera",this.matrixWorldInverse=new Me,this.projectionMatrix=new Me,this.projectionMatrixInverse=new Me,this.coordinateSystem=Nt,this._reversedDepth=!1}get reversedDepth(){return this._reversedDepth}copy(e,t){return super.copy(e,t),this.matrixWorldInverse.copy(e.matrixWorldInverse),this.projectionMatrix.copy(e.projectionMatrix),this.projectionMatrixInverse.copy(e.projectionMatrixInverse),this.coordinateSystem=e.coordinateSystem,this}getWorldDirection(e){return super.getWorldDirection(e).negate()}updateMatrixWorld(e){super.updateMatrixWorld(e),this.matrixWorld.decompose(la,ha,Li),Li.x===1&&Li.y===1&&Li.z===1?this.matrixWorldInverse.copy(this.matrixWorld).invert():this.matrixWorldInverse.compose(la,ha,Li.set(1,1,1)).invert()}updateWorldMatrix(e,t,i=!1){super.updateWorldMatrix(e,t,i),this.matrixWorld.decompose(la,ha,Li),Li.x===1&&Li.y===1&&Li.z===1?this.matrixWorldInverse.copy(this.matrixWorld).invert():this.matrixWorldInverse.compose(la,ha,Li.set(1,1,1)).invert()}clone(){return new this.constructor().copy(this)}};var rn=new C,cc=new ae,fc=new ae,pi=class extends xr{constructor(e=50,t=1,i=.1,r=2e3){super(),this.isPerspectiveCamera=!0,this.type="PerspectiveCamera",this.fov=e,this.zoom=1,this.near=i,this.far=r,this.focus=10,this.aspect=t,this.view=null,this.filmGauge=35,this.filmOffset=0,this.updateProjectionMatrix()}copy(e,t){return super.copy(e,t),this.fov=e.fov,this.zoom=e.zoom,this.near=e.near,this.far=e.far,this.focus=e.focus,this.aspect=e.aspect,this.view=e.view===null?null:Object.assign({},e.view),this.filmGauge=e.filmGauge,this.filmOffset=e.filmOffset,this}setFocalLength(e){let t=.5*this.getFilmHeight()/e;this.fov=_s*2*Math.atan(t),this.updateProjectionMatrix()}getFocalLength(){let e=Math.tan(Vn*.5*this.fov);return .5*this.getFilmHeight()/e}getEffectiveFOV(){return _s*2*Math.atan(Math.tan(Vn*.5*this.fov)/this.zoom)}getFilmWidth(){return this.filmGauge*Math.min(this.aspect,1)}getFilmHeight(){return this.filmGauge/Math.max(this.aspect,1)}getViewBounds(e,t,i){rn.set(-1,-1,.5).applyMatrix4(this.projectionMatrixInverse),t.set(rn.x,rn.y).multiplyScalar(-e/rn.z),rn.set(1,1,.5).applyMatrix4(this.projectionMatrixInverse),i.set(rn.x,rn.y).multiplyScalar(-e/rn.z)}getViewSize(e,t){return this.getViewBounds(e,cc,fc),t.subVectors(fc,cc)}setViewOffset(e,t,i,r,s,o){this.aspect=e/t,this.view===null&&(this.view={enabled:!0,fullWidth:1,fullHeight:1,offsetX:0,offsetY:0,width:1,height:1}),this.view.enabled=!0,this.view.fullWidth=e,this.view.fullHeight=t,this.view.offsetX=i,this.view.offsetY=r,this.view.width=s,this.view.height=o,this.updateProjectionMatrix()}clearViewOffset(){this.view!==null&&(this.view.enabled=!1),this.updateProjectionMatrix()}updateProjectionMatrix(){let e=this.near,t=e*Math.tan(Vn*.5*this.fov)/this.zoom,i=2*t,r=this.aspect*i,s=-.5*r,o=this.view;if(this.view!==null&&this.view.enabled){let h=o.fullWidth,l=o.fullHeight;s+=o.offsetX*r/h,t-=o.offsetY*i/l,r*=o.width/h,i*=o.height/l}let a=this.filmOffset;a!==0&&(s+=e*a/this.getFilmWidth()),this.projectionMatrix.makePerspective(s,s+r,t,t-i,e,this.far,this.coordinateSystem,this.reversedDepth),this.projectionMatrixInverse.copy(this.projectionMatrix).invert()}toJSON(e){let t=super.toJSON(e);return t.object.fov=this.fov,t.object.zoom=this.zoom,t.object.near=this.near,t.object.far=this.far,t.object.focus=this.focus,t.object.aspect=this.aspect,this.view!==null&&(t.object.view=Object.assign({},this.view)),t.object.filmGauge=this.filmGauge,t.object.filmOffset=this.filmOffset,t}};var Mr=class extends xr{constructor(e=-1,t=1,i=1,r=-1,s=.1,o=2e3){super(),this.isOrthographicCamera=!0,this.type="OrthographicCamera",this.zoom=1,this.view=null,this.left=e,this.right=t,this.top=i,this.bottom=r,this.near=s,this.far=o,this.updateProjectionMatrix()}copy(e,t){return super.copy(e,t),this.left=e.left,this.right=e.right,this.top=e.top,this.bottom=e.bottom,this.near=e.near,this.far=e.far,this.zoom=e.zoom,this.view=e.view===null?null:Object.assign({},e.view),this}setViewOffset(e,t,i,r,s,o){this.view===null&&(this.view={enabled:!0,fullWidth:1,fullHeight:1,offsetX:0,offsetY:0,width:1,height:1}),this.view.enabled=!0,this.view.fullWidth=e,this.view.fullHeight=t,this.view.offsetX=i,this.view.offsetY=r,this.view.width=s,this.view.height=o,this.updateProjectionMatrix()}clearViewOffset(){this.view!==null&&(this.view.enabled=!1),this.updateProjectionMatrix()}updateProjectionMatrix(){let e=(this.right-this.left)/(2*this.zoom),t=(this.top-this.bottom)/(2*this.zoom),i=(this.right+this.left)/2,r=(this.top+this.bottom)/2,s=i-e,o=i+e,a=r+t,h=r-t;if(this.view!==null&&this.view.enabled){let l=(this.right-this.left)/this.view.fullWidth/this.zoom,c=(this.top-this.bottom)/this.view.fullHeight/this.zoom;s+=l*this.view.offsetX,o=s+l*this.view.width,a-=c*this.view.offsetY,h=a-c*this.view.height}this.projectionMatrix.makeOrthographic(s,o,a,h,this.near,this.far,this.coordinateSystem,this.reversedDepth),this.projectionMatrixInverse.copy(this.projectionMatrix).invert()}toJSON(e){let t=super.toJSON(e);return t.object.zoom=this.zoom,t.object.left=this.left,t.object.right=this.right,t.object.top=this.top,t.object.bottom=this.bottom,t.object.near=this.near,t.object.far=this.far,this.view!==null&&(t.object.view=Object.assign({},this.view)),t}};var ca=class extends aa{constructor(){super(new Mr(-5,5,5,-5,.5,500)),this.isDirectionalLightShadow=!0}};var Sr=class extends gr{constructor(e,t){super(e,t),this.isDirectionalLight=!0,this.type="DirectionalLight",this.position.copy(Ze.DEFAULT_UP),this.updateMatrix(),this.target=new Ze,this.shadow=new ca}dispose(){super.dispose(),this.shadow.dispose()}copy(e){return super.copy(e),this.target=e.target.clone(),this.shadow=e.shadow.clone(),this}toJSON(e){let t=super.toJSON(e);return t.object.shadow=this.shadow.toJSON(),t.object.target=this.target.uuid,t}};var yr=-90,Er=1,fa=class extends Ze{constructor(e,t,i){super(),this.type="CubeCamera",this.renderTarget=i,this.coordinateSystem=null,this.activeMipmapLevel=0;let r=new pi(yr,Er,e,t);r.layers=this.layers,this.add(r);let s=new pi(yr,Er,e,t);s.layers=this.layers,this.add(s);let o=new pi(yr,Er,e,t);o.layers=this.layers,this.add(o);let a=new pi(yr,Er,e,t);a.layers=this.layers,this.add(a);let h=new pi(yr,Er,e,t);h.layers=this.layers,this.add(h);let l=new pi(yr,Er,e,t);l.layers=this.layers,this.add(l)}updateCoordinateSystem(){let e=this.coordinateSystem,t=this.children.concat(),[i,r,s,o,a,h]=t;for(let l of t)this.remove(l);if(e===Nt)i.up.set(0,1,0),i.lookAt(1,0,0),r.up.set(0,1,0),r.lookAt(-1,0,0),s.up.set(0,0,-1),s.lookAt(0,1,0),o.up.set(0,0,1),o.lookAt(0,-1,0),a.up.set(0,1,0),a.lookAt(0,0,1),h.up.set(0,1,0),h.lookAt(0,0,-1);else if(e===Ni)i.up.set(0,-1,0),i.lookAt(-1,0,0),r.up.set(0,-1,0),r.lookAt(1,0,0),s.up.set(0,0,1),s.lookAt(0,1,0),o.up.set(0,0,-1),o.lookAt(0,-1,0),a.up.set(0,-1,0),a.lookAt(0,0,1),h.up.set(0,-1,0),h.lookAt(0,0,-1);else throw new Error("THREE.CubeCamera.updateCoordinateSystem(): Invalid coordinate system: "+e);for(let l of t)this.add(l),l.updateMatrixWorld()}update(e,t){this.parent===null&&this.updateMatrixWorld();let{renderTarget:i,activeMipmapLevel:r}=this;this.coordinateSystem!==e.coordinateSystem&&(this.coordinateSystem=e.coordinateSystem,this.updateCoordinateSystem());let[s,o,a,h,l,c]=this.children,p=e.getRenderTarget(),u=e.getActiveCubeFace(),d=e.getActiveMipmapLevel(),M=e.xr.enabled;e.xr.enabled=!1;let E=i.texture.mipmapsAutoUpdate;i.texture.mipmapsAutoUpdate=!1;let m=!1;e.isWebGLRenderer===!0?m=e.state.buffers.depth.getReversed():m=e.reversedDepthBuffer,e.setRenderTarget(i,0,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,s),e.setRenderTarget(i,1,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,o),e.setRenderTarget(i,2,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,a),e.setRenderTarget(i,3,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,h),e.setRenderTarget(i,4,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,l),i.texture.mipmapsAutoUpdate=E,e.setRenderTarget(i,5,r),m&&e.autoClear===!1&&e.clearDepth(),e.render(t,c),e.setRenderTarget(p,u,d),e.xr.enabled=M,i.texture.needsPMREMUpdate=!0}};var sn=class{constructor(e=1,t=0,i=0){this.radius=e,this.phi=t,this.theta=i}set(e,t,i){return this.radius=e,this.phi=t,this.theta=i,this}copy(e){return this.radius=e.radius,this.phi=e.phi,this.theta=e.theta,this}makeSafe(){return this.phi=Re(this.phi,1e-6,Math.PI-1e-6),this}setFromVector3(e){return this.setFromCartesianCoords(e.x,e.y,e.z)}setFromCartesianCoords(e,t,i){return this.radius=Math.sqrt(e*e+t*t+i*i),this.radius===0?(this.theta=0,this.phi=0):(this.theta=Math.atan2(e,i),this.phi=Math.acos(Re(t/this.radius,-1,1))),this}clone(){return new this.constructor().copy(this)}};var Hs=class extends Rt{constructor(e,t=null){super(),this.object=e,this.domElement=t,this.enabled=!0,this.state=-1,this.keys={},this.mouseButtons={LEFT:null,MIDDLE:null,RIGHT:null},this.touches={ONE:null,TWO:null}}connect(e){this.domElement!==null&&this.disconnect(),this.domElement=e}disconnect(){}dispose(){}update(){}};function rl(n,e,t,i){let r=Ap(i);switch(t){case uo:return n*e;case Dn:return n*e/r.components*r.byteLength;case In:return n*e/r.components*r.byteLength;case Si:return n*e*2/r.components*r.byteLength;case Un:return n*e*2/r.components*r.byteLength;case po:return n*e*3/r.components*r.byteLength;case qt:return n*e*4/r.components*r.byteLength;case Nn:return n*e*4/r.components*r.byteLength;case Fn:case On:return Math.floor((n+3)/4)*Math.floor((e+3)/4)*8;case Bn:case Gn:return Math.floor((n+3)/4)*Math.floor((e+3)/4)*16;case Gr:case kr:return Math.max(n,16)*Math.max(e,8)/4;case Br:case zr:return Math.max(n,8)*Math.max(e,8)/2;case Hr:case Vr:case Xr:case Yr:return Math.floor((n+3)/4)*Math.floor((e+3)/4)*8;case Wr:case mn:case qr:return Math.floor((n+3)/4)*Math.floor((e+3)/4)*16;case Kr:return Math.floor((n+3)/4)*Math.floor((e+3)/4)*16;case Zr:return Math.floor((n+4)/5)*Math.floor((e+3)/4)*16;case Jr:return Math.floor((n+4)/5)*Math.floor((e+4)/5)*16;case $r:return Math.floor((n+5)/6)*Math.floor((e+4)/5)*16;case Qr:return Math.floor((n+5)/6)*Math.floor((e+5)/6)*16;case jr:return Math.floor((n+7)/8)*Math.floor((e+4)/5)*16;case es:return Math.floor((n+7)/8)*Math.floor((e+5)/6)*16;case ts:return Math.floor((n+7)/8)*Math.floor((e+7)/8)*16;case is:return Math.floor((n+9)/10)*Math.floor((e+4)/5)*16;case ns:return Math.floor((n+9)/10)*Math.floor((e+5)/6)*16;case rs:return Math.floor((n+9)/10)*Math.floor((e+7)/8)*16;case ss:return Math.floor((n+9)/10)*Math.floor((e+9)/10)*16;case os:return Math.floor((n+11)/12)*Math.floor((e+9)/10)*16;case as:return Math.floor((n+11)/12)*Math.floor((e+11)/12)*16;case ls:case hs:case cs:return Math.ceil(n/4)*Math.ceil(e/4)*16;case fs:case us:return Math.ceil(n/4)*Math.ceil(e/4)*8;case _n:case ds:return Math.ceil(n/4)*Math.ceil(e/4)*16}throw new Error(`Unable to determine texture byte length for ${t} format.`)}function Ap(n){switch(n){case wt:case lo:return{byteLength:1,components:1};case Ii:case ho:case Jt:return{byteLength:2,components:1};case Pn:case Ln:return{byteLength:2,components:4};case Bt:case Cn:case ut:return{byteLength:4,components:1};case co:case fo:return{byteLength:4,components:3}}throw new Error(`THREE.TextureUtils: Unknown texture type ${n}.`)}typeof __THREE_DEVTOOLS__<"u"&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent("register",{detail:{revision:"187"}}));typeof window<"u"&&(window.__THREE__?me("WARNING: Multiple instances of Three.js being imported."):window.__THREE__="187");function uc(){let n=null,e=!1,t=null,i=null;function r(s,o){i=n.requestAnimationFrame(r),t(s,o)}return{start:function(){e!==!0&&t!==null&&n!==null&&(i=n.requestAnimationFrame(r),e=!0)},stop:function(){n!==null&&n.cancelAnimationFrame(i),e=!1},setAnimationLoop:function(s){t=s},setContext:function(s){n=s}}}function dc(n){let e=new WeakMap;function t(a,h){let l=a.array,c=a.usage,p=l.byteLength,u=n.createBuffer();n.bindBuffer(h,u),n.bufferData(h,l,c),a.onUploadCallback();let d;if(l instanceof Float32Array)d=n.FLOAT;else if(typeof Float16Array<"u"&&l instanceof Float16Array)d=n.HALF_FLOAT;else if(l instanceof Uint16Array)a.isFloat16BufferAttribute?d=n.HALF_FLOAT:d=n.UNSIGNED_SHORT;else if(l instanceof Int16Array)d=n.SHORT;else if(l instanceof Uint32Array)d=n.UNSIGNED_INT;else if(l instanceof Int32Array)d=n.INT;else if(l instanceof Int8Array)d=n.BYTE;else if(l instanceof Uint8Array)d=n.UNSIGNED_BYTE;else if(l instanceof Uint8ClampedArray)d=n.UNSIGNED_BYTE;else throw new Error("THREE.WebGLAttributes: Unsupported buffer data format: "+l);return{buffer:u,type:d,bytesPerElement:l.BYTES_PER_ELEMENT,version:a.version,size:p}}function i(a,h,l){let c=h.array,p=h.updateRanges;if(n.bindBuffer(l,a),p.length===0)n.bufferSubData(l,0,c);else{p.sort((d,M)=>d.start-M.start);let u=0;for(let d=1;d<p.length;d++){let M=p[u],E=p[d];E.start<=M.start+M.count+1?M.count=Math.max(M.count,E.start+E.count-M.start):(++u,p[u]=E)}p.length=u+1;for(let d=0,M=p.length;d<M;d++){let E=p[d];n.bufferSubData(l,E.start*c.BYTES_PER_ELEMENT,c,E.start,E.count)}h.clearUpdateRanges()}h.onUploadCallback()}function r(a){return a.isInterleavedBufferAttribute&&(a=a.data),e.get(a)}function s(a){a.isInterleavedBufferAttribute&&(a=a.data);let h=e.get(a);h&&(n.deleteBuffer(h.buffer),e.delete(a))}function o(a,h){if(a.isInterleavedBufferAttribute&&(a=a.data),a.isGLBufferAttribute){let c=e.get(a);(!c||c.version<a.version)&&e.set(a,{buffer:a.buffer,type:a.type,bytesPerElement:a.elementSize,version:a.version});return}let l=e.get(a);if(l===void 0)e.set(a,t(a,h));else if(l.version<a.version){if(l.size!==a.array.byteLength)throw new Error("THREE.WebGLAttributes: The size of the buffer attribute's array buffer does not match the original size. Resizing buffer attributes is not supported.");i(l.buffer,a,h),l.version=a.version}}return{get:r,remove:s,update:o}}var pc=`#ifdef USE_ALPHAHASH
if ( diffuseColor.a<getAlphaHashThreshold( vPosition ) ) discard;
#endif
`;var mc=`#ifdef USE_ALPHAHASH
const float ALPHA_HASH_SCALE=0.05;
float hash2D( vec2 value ){
return fract( 1.0e4*sin( 17.0*value.x+0.1*value.y )*( 0.1+abs( sin( 13.0*value.y+value.x ) ) ) );
}
float hash3D( vec3 value ){
return hash2D( vec2( hash2D( value.xy ),value.z ) );
}
float getAlphaHashThreshold( vec3 position ){
float maxDeriv=max(
length( dFdx( position.xyz ) ),
length( dFdy( position.xyz ) )
);
float pixScale=1.0/( ALPHA_HASH_SCALE*maxDeriv );
vec2 pixScales=vec2(
exp2( floor( log2( pixScale ) ) ),
exp2( ceil( log2( pixScale ) ) )
);
vec2 alpha=vec2(
hash3D( floor( pixScales.x*position.xyz ) ),
hash3D( floor( pixScales.y*position.xyz ) )
);
float lerpFactor=fract( log2( pixScale ) );
float x=( 1.0-lerpFactor )*alpha.x+lerpFactor*alpha.y;
float a=min( lerpFactor,1.0-lerpFactor );
vec3 cases=vec3(
x*x/( 2.0*a*( 1.0-a ) ),
( x-0.5*a )/( 1.0-a ),
1.0-( ( 1.0-x )*( 1.0-x )/( 2.0*a*( 1.0-a ) ) )
);
float threshold=( x<( 1.0-a ) )
?( ( x<a )?cases.x:cases.y )
:cases.z;
return clamp( threshold,1.0e-6,1.0 );
}
#endif
`;var _c=`#ifdef USE_ALPHAMAP
diffuseColor.a*=texture2D( alphaMap,vAlphaMapUv ).g;
#endif
`;var gc=`#ifdef USE_ALPHAMAP
uniform sampler2D alphaMap;
#endif
`;var xc=`#ifdef USE_ALPHATEST
#ifdef ALPHA_TO_COVERAGE
diffuseColor.a=smoothstep( alphaTest,alphaTest+fwidth( diffuseColor.a ),diffuseColor.a );
if ( diffuseColor.a==0.0 ) discard;
#else
if ( diffuseColor.a<alphaTest ) discard;
#endif
#endif
`;var Mc=`#ifdef USE_ALPHATEST
uniform float alphaTest;
#endif
`;var Sc=`#ifdef USE_AOMAP
float ambientOcclusion=( texture2D( aoMap,vAoMapUv ).r-1.0 )*aoMapIntensity+1.0;
reflectedLight.indirectDiffuse*=ambientOcclusion;
#if defined( USE_CLEARCOAT )
clearcoatSpecularIndirect*=ambientOcclusion;
#endif
#if defined( USE_SHEEN )
sheenSpecularIndirect*=ambientOcclusion;
#endif
#if defined( USE_ENVMAP ) && defined( STANDARD )
float dotNV=saturate( dot( geometryNormal,geometryViewDir ) );
reflectedLight.indirectSpecular*=computeSpecularOcclusion( dotNV,ambientOcclusion,material.roughness );
#endif
#endif
`;var yc=`#ifdef USE_AOMAP
uniform sampler2D aoMap;
uniform float aoMapIntensity;
#endif
`;var Ec=`#ifdef USE_BATCHING
#if ! defined( GL_ANGLE_multi_draw )
#define gl_DrawID _gl_DrawID
uniform int _gl_DrawID;
#endif
uniform highp sampler2D batchingTexture;
uniform highp usampler2D batchingIdTexture;
mat4 getBatchingMatrix( const in float i ){
int size=textureSize( batchingTexture,0 ).x;
int j=int( i )*4;
int x=j % size;
int y=j/size;
vec4 v1=texelFetch( batchingTexture,ivec2( x,y ),0 );
vec4 v2=texelFetch( batchingTexture,ivec2( x+1,y ),0 );
vec4 v3=texelFetch( batchingTexture,ivec2( x+2,y ),0 );
vec4 v4=texelFetch( batchingTexture,ivec2( x+3,y ),0 );
return mat4( v1,v2,v3,v4 );
}
float getIndirectIndex( const in int i ){
int size=textureSize( batchingIdTexture,0 ).x;
int x=i % size;
int y=i/size;
return float( texelFetch( batchingIdTexture,ivec2( x,y ),0 ).r );
}
#endif
#ifdef USE_BATCHING_COLOR
uniform sampler2D batchingColorTexture;
vec4 getBatchingColor( const in float i ){
int size=textureSize( batchingColorTexture,0 ).x;
int j=int( i );
int x=j % size;
int y=j/size;
return texelFetch( batchingColorTexture,ivec2( x,y ),0 );
}
#endif
`;var Tc=`#ifdef USE_BATCHING
mat4 batchingMatrix=getBatchingMatrix( getIndirectIndex( gl_DrawID ) );
#endif
`;var vc=`vec3 transformed=vec3( position );
#ifdef USE_ALPHAHASH
vPosition=vec3( position );
#endif
`;var Ac=`vec3 objectNormal=vec3( normal );
#ifdef USE_TANGENT
vec3 objectTangent=vec3( tangent.xyz );
#endif
`;var bc=`float G_BlinnPhong_Implicit( ){
return 0.25;
}
float D_BlinnPhong( const in float shininess,const in float dotNH ){
return RECIPROCAL_PI*( shininess*0.5+1.0 )*pow( dotNH,shininess );
}
vec3 BRDF_BlinnPhong( const in vec3 lightDir,const in vec3 viewDir,const in vec3 normal,const in vec3 specularColor,const in float shininess ){
vec3 halfDir=normalize( lightDir+viewDir );
float dotNH=saturate( dot( normal,halfDir ) );
float dotVH=saturate( dot( viewDir,halfDir ) );
vec3 F=F_Schlick( specularColor,1.0,dotVH );
float G=G_BlinnPhong_Implicit( );
float D=D_BlinnPhong( shininess,dotNH );
return F*( G*D );
}
`;var wc="";var Rc=`#ifdef USE_BUMPMAP
uniform sampler2D bumpMap;
uniform float bumpScale;
vec2 dHdxy_fwd(){
vec2 dSTdx=dFdx( vBumpMapUv );
vec2 dSTdy=dFdy( vBumpMapUv );
float Hll=bumpScale*texture2D( bumpMap,vBumpMapUv ).x;
float dBx=bumpScale*texture2D( bumpMap,vBumpMapUv+dSTdx ).x-Hll;
float dBy=bumpScale*texture2D( bumpMap,vBumpMapUv+dSTdy ).x-Hll;
return vec2( dBx,dBy );
}
vec3 perturbNormalArb( vec3 surf_pos,vec3 surf_norm,vec2 dHdxy,float faceDirection ){
vec3 vSigmaX=normalize( dFdx( surf_pos.xyz ) );
vec3 vSigmaY=normalize( dFdy( surf_pos.xyz ) );
vec3 vN=surf_norm;
vec3 R1=cross( vSigmaY,vN );
vec3 R2=cross( vN,vSigmaX );
float fDet=dot( vSigmaX,R1 )*faceDirection;
vec3 vGrad=sign( fDet )*( dHdxy.x*R1+dHdxy.y*R2 );
return normalize( abs( fDet )*surf_norm-vGrad );
}
#endif
`;var Cc=`#if NUM_CLIPPING_PLANES > 0
vec4 plane;
#ifdef ALPHA_TO_COVERAGE
float distanceToPlane,distanceGradient;
float clipOpacity=1.0;
#pragma unroll_loop_start
for ( int i=0;i<UNION_CLIPPING_PLANES;i++){
plane=clippingPlanes[ i ];
distanceToPlane=-dot( vClipPosition,plane.xyz )+plane.w;
distanceGradient=fwidth( distanceToPlane )/2.0;
clipOpacity*=smoothstep(-distanceGradient,distanceGradient,distanceToPlane );
if ( clipOpacity==0.0 ) discard;
}
#pragma unroll_loop_end
#if UNION_CLIPPING_PLANES < NUM_CLIPPING_PLANES
float unionClipOpacity=1.0;
#pragma unroll_loop_start
for ( int i=UNION_CLIPPING_PLANES;i<NUM_CLIPPING_PLANES;i++){
plane=clippingPlanes[ i ];
distanceToPlane=-dot( vClipPosition,plane.xyz )+plane.w;
distanceGradient=fwidth( distanceToPlane )/2.0;
unionClipOpacity*=1.0-smoothstep(-distanceGradient,distanceGradient,distanceToPlane );
}
#pragma unroll_loop_end
clipOpacity*=1.0-unionClipOpacity;
#endif
diffuseColor.a*=clipOpacity;
if ( diffuseColor.a==0.0 ) discard;
#else
#pragma unroll_loop_start
for ( int i=0;i<UNION_CLIPPING_PLANES;i++){
plane=clippingPlanes[ i ];
if ( dot( vClipPosition,plane.xyz )>plane.w ) discard;
}
#pragma unroll_loop_end
#if UNION_CLIPPING_PLANES < NUM_CLIPPING_PLANES
bool clipped=true;
#pragma unroll_loop_start
for ( int i=UNION_CLIPPING_PLANES;i<NUM_CLIPPING_PLANES;i++){
plane=clippingPlanes[ i ];
clipped=( dot( vClipPosition,plane.xyz )>plane.w ) && clipped;
}
#pragma unroll_loop_end
if ( clipped ) discard;
#endif
#endif
#endif
`;var Pc=`#if NUM_CLIPPING_PLANES > 0
varying vec3 vClipPosition;
uniform vec4 clippingPlanes[ NUM_CLIPPING_PLANES ];
#endif
`;var Lc=`#if NUM_CLIPPING_PLANES > 0
varying vec3 vClipPosition;
#endif
`;var Dc=`#if NUM_CLIPPING_PLANES > 0
vClipPosition=-mvPosition.xyz;
#endif
`;var Ic=`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA )
diffuseColor*=vColor;
#endif
`;var Uc=`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA )
varying vec4 vColor;
#endif
`;var Nc=`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA ) || defined( USE_INSTANCING_COLOR ) || defined( USE_BATCHING_COLOR )
varying vec4 vColor;
#endif
`;var Fc=`#if defined( USE_COLOR ) || defined( USE_COLOR_ALPHA ) || defined( USE_INSTANCING_COLOR ) || defined( USE_BATCHING_COLOR )
vColor=vec4( 1.0 );
#endif
#ifdef USE_COLOR_ALPHA
vColor*=color;
#elif defined( USE_COLOR )
vColor.rgb*=color;
#endif
#ifdef USE_INSTANCING_COLOR
vColor.rgb*=instanceColor.rgb;
#endif
#ifdef USE_BATCHING_COLOR
vColor*=getBatchingColor( getIndirectIndex( gl_DrawID ) );
#endif
`;var Oc=`#define PI 3.141592653589793
#define PI2 6.283185307179586
#define PI_HALF 1.5707963267948966
#define RECIPROCAL_PI 0.3183098861837907
#define RECIPROCAL_PI2 0.15915494309189535
#define EPSILON 1e-6
#ifndef saturate
#define saturate( a ) clamp( a, 0.0, 1.0 )
#endif
#define whiteComplement( a ) ( 1.0 - saturate( a ) )
float pow2( const in float x ){return x*x;}
vec3 pow2( const in vec3 x ){return x*x;}
float pow3( const in float x ){return x*x*x;}
float pow4( const in float x ){float x2=x*x;return x2*x2;}
float max3( const in vec3 v ){return max( max( v.x,v.y ),v.z );}
float average( const in vec3 v ){return dot( v,vec3( 0.3333333 ) );}
highp float rand( const in vec2 uv ){
const highp float a=12.9898,b=78.233,c=43758.5453;
highp float dt=dot( uv.xy,vec2( a,b ) ),sn=mod( dt,PI );
return fract( sin( sn )*c );
}
#ifdef HIGH_PRECISION
float precisionSafeLength( vec3 v ){return length( v );}
#else
float precisionSafeLength( vec3 v ){
float maxComponent=max3( abs( v ) );
return length( v/maxComponent )*maxComponent;
}
#endif
struct IncidentLight{
vec3 color;
vec3 direction;
bool visible;
};
struct ReflectedLight{
vec3 directDiffuse;
vec3 directSpecular;
vec3 indirectDiffuse;
vec3 indirectSpecular;
};
#ifdef USE_ALPHAHASH
varying vec3 vPosition;
#endif
vec3 transformDirection( in vec3 dir,in mat4 matrix ){
return normalize( ( matrix*vec4( dir,0.0 ) ).xyz );
}
#define inverseTransformDirection transformDirectionByInverseViewMatrix
vec3 transformNormalByInverseViewMatrix( in vec3 normal,in mat4 viewMatrix ){
return normalize( ( vec4( normal,0.0 )*viewMatrix ).xyz );
}
vec3 transformDirectionByInverseViewMatrix( in vec3 dir,in mat4 viewMatrix ){
return normalize( ( vec4( dir,0.0 )*viewMatrix ).xyz );
}
bool isPerspectiveMatrix( mat4 m ){
return m[ 2 ][ 3 ]==-1.0;
}
vec2 equirectUv( in vec3 dir ){
float u=atan( dir.z,dir.x )*RECIPROCAL_PI2+0.5;
float v=asin( clamp( dir.y,-1.0,1.0 ) )*RECIPROCAL_PI+0.5;
return vec2( u,v );
}
vec3 BRDF_Lambert( const in vec3 diffuseColor ){
return RECIPROCAL_PI*diffuseColor;
}
vec3 F_Schlick( const in vec3 f0,const in float f90,const in float dotVH ){
float fresnel=exp2( (-5.55473*dotVH-6.98316 )*dotVH );
return f0*( 1.0-fresnel )+( f90*fresnel );
}
float F_Schlick( const in float f0,const in float f90,const in float dotVH ){
float fresnel=exp2( (-5.55473*dotVH-6.98316 )*dotVH );
return f0*( 1.0-fresnel )+( f90*fresnel );
}
`;var Bc=`vec3 transformedNormal=objectNormal;
#ifdef USE_TANGENT
vec3 transformedTangent=objectTangent;
#endif
#ifdef USE_BATCHING
mat3 bm=mat3( batchingMatrix );
transformedNormal/=vec3( dot( bm[ 0 ],bm[ 0 ] ),dot( bm[ 1 ],bm[ 1 ] ),dot( bm[ 2 ],bm[ 2 ] ) );
transformedNormal=bm*transformedNormal;
#ifdef USE_TANGENT
transformedTangent=bm*transformedTangent;
#endif
#endif
#ifdef USE_INSTANCING
mat3 im=mat3( instanceMatrix );
transformedNormal/=vec3( dot( im[ 0 ],im[ 0 ] ),dot( im[ 1 ],im[ 1 ] ),dot( im[ 2 ],im[ 2 ] ) );
transformedNormal=im*transformedNormal;
#ifdef USE_TANGENT
transformedTangent=im*transformedTangent;
#endif
#endif
transformedNormal=normalMatrix*transformedNormal;
#ifdef FLIP_SIDED
transformedNormal=-transformedNormal;
#endif
#ifdef USE_TANGENT
transformedTangent=( modelViewMatrix*vec4( transformedTangent,0.0 ) ).xyz;
#endif
`;var Gc=`#ifdef USE_DISPLACEMENTMAP
uniform sampler2D displacementMap;
uniform float displacementScale;
uniform float displacementBias;
#endif
`;var zc=`#ifdef USE_DISPLACEMENTMAP
transformed+=normalize( objectNormal )*( texture2D( displacementMap,vDisplacementMapUv ).x*displacementScale+displacementBias );
#endif
`;var kc=`#ifdef USE_EMISSIVEMAP
vec4 emissiveColor=texture2D( emissiveMap,vEmissiveMapUv );
#ifdef DECODE_VIDEO_TEXTURE_EMISSIVE
emissiveColor=sRGBTransferEOTF( emissiveColor );
#endif
totalEmissiveRadiance*=emissiveColor.rgb;
#endif
`;var Hc=`#ifdef USE_EMISSIVEMAP
uniform sampler2D emissiveMap;
#endif
`;var Vc=`gl_FragColor=linearToOutputTexel( gl_FragColor );
`;var Wc=`vec4 LinearTransferOETF( in vec4 value ){
return value;
}
vec4 sRGBTransferEOTF( in vec4 value ){
return vec4( mix( pow( value.rgb*0.9478672986+vec3( 0.0521327014 ),vec3( 2.4 ) ),value.rgb*0.0773993808,vec3( lessThanEqual( value.rgb,vec3( 0.04045 ) ) ) ),value.a );
}
vec4 sRGBTransferOETF( in vec4 value ){
return vec4( mix( pow( value.rgb,vec3( 0.41666 ) )*1.055-vec3( 0.055 ),value.rgb*12.92,vec3( lessThanEqual( value.rgb,vec3( 0.0031308 ) ) ) ),value.a );
}
`;var Xc=`#ifdef USE_ENVMAP
#ifdef ENV_WORLDPOS
vec3 cameraToFrag;
if ( isOrthographic ){
cameraToFrag=normalize( vec3(-viewMatrix[ 0 ][ 2 ],-viewMatrix[ 1 ][ 2 ],-viewMatrix[ 2 ][ 2 ] ) );
}else{
cameraToFrag=normalize( vWorldPosition-cameraPosition );
}
vec3 worldNormal=transformNormalByInverseViewMatrix( normal,viewMatrix );
#ifdef ENVMAP_MODE_REFLECTION
vec3 reflectVec=reflect( cameraToFrag,worldNormal );
#else
vec3 reflectVec=refract( cameraToFrag,worldNormal,refractionRatio );
#endif
#else
vec3 reflectVec=vReflect;
#endif
#ifdef ENVMAP_TYPE_CUBE
vec4 envColor=textureCube( envMap,envMapRotation*reflectVec );
#ifdef ENVMAP_BLENDING_MULTIPLY
outgoingLight=mix( outgoingLight,outgoingLight*envColor.xyz,specularStrength*reflectivity );
#elif defined( ENVMAP_BLENDING_MIX )
outgoingLight=mix( outgoingLight,envColor.xyz,specularStrength*reflectivity );
#elif defined( ENVMAP_BLENDING_ADD )
outgoingLight+=envColor.xyz*specularStrength*reflectivity;
#endif
#endif
#endif
`;var Yc=`#ifdef USE_ENVMAP
uniform float envMapIntensity;
uniform mat3 envMapRotation;
uniform samplerCube envMap;
#ifdef ENVMAP_TYPE_PMREM
float roughnessToMip( const in float roughness ){
float r=clamp( roughness,0.0,1.0 );
return ENVMAP_MAX_LOD*r*( 2.0-r );
}
#endif
#endif
`;var qc=`#ifdef USE_ENVMAP
uniform float reflectivity;
#if defined( USE_BUMPMAP ) || defined( USE_NORMALMAP ) || defined( PHONG ) || defined( LAMBERT )
#define ENV_WORLDPOS
#endif
#ifdef ENV_WORLDPOS
varying vec3 vWorldPosition;
uniform float refractionRatio;
#else
varying vec3 vReflect;
#endif
#endif
`;var Kc=`#ifdef USE_ENVMAP
#if defined( USE_BUMPMAP ) || defined( USE_NORMALMAP ) || defined( PHONG ) || defined( LAMBERT )
#define ENV_WORLDPOS
#endif
#ifdef ENV_WORLDPOS
varying vec3 vWorldPosition;
#else
varying vec3 vReflect;
uniform float refractionRatio;
#endif
#endif
`;var Zc=`#ifdef USE_ENVMAP
#ifdef ENV_WORLDPOS
vWorldPosition=worldPosition.xyz;
#else
vec3 cameraToVertex;
if ( isOrthographic ){
cameraToVertex=normalize( vec3(-viewMatrix[ 0 ][ 2 ],-viewMatrix[ 1 ][ 2 ],-viewMatrix[ 2 ][ 2 ] ) );
}else{
cameraToVertex=normalize( worldPosition.xyz-cameraPosition );
}
vec3 worldNormal=transformNormalByInverseViewMatrix( transformedNormal,viewMatrix );
#ifdef ENVMAP_MODE_REFLECTION
vReflect=reflect( cameraToVertex,worldNormal );
#else
vReflect=refract( cameraToVertex,worldNormal,refractionRatio );
#endif
#endif
#endif
`;var Jc=`#ifdef USE_FOG
vFogDepth=-mvPosition.z;
#endif
`;var $c=`#ifdef USE_FOG
varying float vFogDepth;
#endif
`;var Qc=`#ifdef USE_FOG
#ifdef FOG_EXP2
float fogFactor=1.0-exp(-fogDensity*fogDensity*vFogDepth*vFogDepth );
#else
float fogFactor=smoothstep( fogNear,fogFar,vFogDepth );
#endif
gl_FragColor.rgb=mix( gl_FragColor.rgb,fogColor,fogFactor );
#endif
`;var jc=`#ifdef USE_FOG
uniform vec3 fogColor;
varying float vFogDepth;
#ifdef FOG_EXP2
uniform float fogDensity;
#else
uniform float fogNear;
uniform float fogFar;
#endif
#endif
`;var ef=`#ifdef USE_GRADIENTMAP
uniform sampler2D gradientMap;
#endif
vec3 getGradientIrradiance( vec3 normal,vec3 lightDirection ){
float dotNL=dot( normal,lightDirection );
vec2 coord=vec2( dotNL*0.5+0.5,0.0 );
#ifdef USE_GRADIENTMAP
return vec3( texture2D( gradientMap,coord ).r );
#else
vec2 fw=fwidth( coord )*0.5;
return mix( vec3( 0.7 ),vec3( 1.0 ),smoothstep( 0.7-fw.x,0.7+fw.x,coord.x ) );
#endif
}
`;var tf=`#ifdef USE_LIGHTMAP
uniform sampler2D lightMap;
uniform float lightMapIntensity;
#endif
`;var nf=`LambertMaterial material;
material.diffuseColor=diffuseColor.rgb;
material.specularStrength=specularStrength;
`;var rf=`varying vec3 vViewPosition;
struct LambertMaterial{
vec3 diffuseColor;
float specularStrength;
};
void RE_Direct_Lambert( const in IncidentLight directLight,const in vec3 geometryPosition,const in vec3 geometryNormal,const in vec3 geometryViewDir,const in vec3 geometryClearcoatNormal,const in LambertMaterial material,inout ReflectedLight reflectedLight ){
float dotNL=saturate( dot( geometryNormal,directLight.direction ) );
vec3 irradiance=dotNL*directLight.color;
reflectedLight.directDiffuse+=irradiance*BRDF_Lambert( material.diffuseColor );
}
void RE_IndirectDiffuse_Lambert( const in vec3 irradiance,const in vec3 geometryPosition,const in vec3 geometryNormal,const in vec3 geometryViewDir,const in vec3 geometryClearcoatNormal,const in LambertMaterial material,inout ReflectedLight reflectedLight ){
reflectedLight.indirectDiffuse+=irradiance*BRDF_Lambert( material.diffuseColor );
}
#define RE_Direct				RE_Direct_Lambert
#define RE_IndirectDiffuse		RE_IndirectDiffuse_Lambert
`;var sf=`uniform bool receiveShadow;
uniform vec3 ambientLightColor;
#if defined( USE_LIGHT_PROBES )
uniform vec3 lightProbe[ 9 ];
#endif
vec3 shGetIrradianceAt( in vec3 normal,in vec3 shCoefficients[ 9 ] ){
float x=normal.x,y=normal.y,z=normal.z;
vec3 result=shCoefficients[ 0 ]*0.886227;
result+=shCoefficients[ 1 ]*2.0*0.511664*y;
result+=shCoefficients[ 2 ]*2.0*0.511664*z;
result+=shCoefficients[ 3 ]*2.0*0.511664*x;
result+=shCoefficients[ 4 ]*2.0*0.429043*x*y;
result+=shCoefficients[ 5 ]*2.0*0.429043*y*z;
result+=shCoefficients[ 6 ]*( 0.743125*z*z-0.247708 );
result+=shCoefficients[ 7 ]*2.0*0.429043*x*z;
result+=shCoefficients[ 8 ]*0.429043*( x*x-y*y );
return result;
}
vec3 getLightProbeIrradiance( const in vec3 lightProbe[ 9 ],const in vec3 normal ){
vec3 worldNormal=transformNormalByInverseViewMatrix( normal,viewMatrix );
vec3 irradiance=shGetIrradianceAt( worldNormal,lightProbe );
return irradiance;
}
vec3 getAmbientLightIrradiance( const in vec3 ambientLightColor ){
vec3 irradiance=ambientLightColor;
return irradiance;
}
float getDistanceAttenuation( const in float lightDistance,const in float cutoffDistance,const in float decayExponent ){
float distanceFalloff=1.0/max( pow( lightDistance,decayExponent ),0.01 );
if ( cutoffDistance>0.0 ){
distanceFalloff*=pow2( saturate( 1.0-pow4( lightDistance/cutoffDistance ) ) );
}
return distanceFalloff;
}
float getSpotAttenuation( const in float coneCosine,const in float penumbraCosine,const in float angleCosine ){
return smoothstep( coneCosine,penumbraCosine,angleCosine );
}
#if NUM_SUN_LIGHTS > 0
struct SunLight{
vec3 direction;
vec3 color;
};
uniform SunLight sunLights[ NUM_SUN_LIGHTS ];
void getSunLightInfo( const in SunLight sunLight,out IncidentLight light ){
light.color=sunLight.color;
light.direction=sunLight.direction;
light.visible=true;
}
#endif
#if NUM_DIR_LIGHTS > 0
struct DirectionalLight{
vec3 direction;
vec3 color;
};
uniform DirectionalLight directionalLights[ NUM_DIR_LIGHTS ];
void getDirectionalLightInfo( const in DirectionalLight directionalLight,out IncidentLight light ){
light.color=directionalLight.color;
light.direction=directionalLight.direction;
light.visible=true;
}
#endif
#if NUM_POINT_LIGHTS > 0
struct PointLight{
vec3 position;
vec3 color;
float distance;
float decay;
};
uniform PointLight pointLights[ NUM_POINT_LIGHTS ];
void getPointLightInfo( const in PointLight pointLight,const in vec3 geometryPosition,out IncidentLight light ){
vec3 lVector=pointLight.position-geometryPosition;
light.direction=normalize( lVector );
float lightDistance=length( lVector );
light.color=pointLight.color;
light.color*=getDistanceAttenuation( lightDistance,pointLight.distance,pointLight.decay );
light.visible=( light.color !=vec3( 0.0 ) );
}
#endif
#if NUM_SPOT_LIGHTS > 0
struct SpotLight{
vec3 position;
vec3 direction;
vec3 color;
float distance;
float decay;
float coneCos;
float penumbraCos;
};
uniform SpotLight spotLights[ NUM_SPOT_LIGHTS ];
void getSpotLightInfo( const in SpotLight spotLight,const in vec3 geometryPosition,out IncidentLight light ){
vec3 lVector=spotLight.position-geometryPosition;
light.direction=normalize( lVector );
float angleCos=dot( light.direction,spotLight.direction );
float spotAttenuation=getSpotAttenuation( spotLight.coneCos,spotLight.penumbraCos,angleCos );
if ( spotAttenuation>0.0 ){
float lightDistance=length( lVector );
light.color=spotLight.color*spotAttenuation;
light.color*=getDistanceAttenuation( lightDistance,spotLight.distance,spotLight.decay );
light.visible=( light.color !=vec3( 0.0 ) );
}else{
light.color=vec3( 0.0 );
light.visible=false;
}
}
#endif
#if NUM_RECT_AREA_LIGHTS > 0
struct RectAreaLight{
vec3 color;
vec3 position;
vec3 halfWidth;
vec3 halfHeight;
};
uniform sampler2D ltc_1;
uniform sampler2D ltc_2;
uniform RectAreaLight rectAreaLights[ NUM_RECT_AREA_LIGHTS ];
#endif
#if NUM_HEMI_LIGHTS > 0
struct HemisphereLight{
vec3 direction;
vec3 skyColor;
vec3 groundColor;
};
uniform HemisphereLight hemisphereLights[ NUM_HEMI_LIGHTS ];
vec3 getHemisphereLightIrradiance( const in HemisphereLight hemiLight,const in vec3 normal ){
float dotNL=dot( normal,hemiLight.direction );
float hemiDiffuseWeight=0.5*dotNL+0.5;
vec3 irradiance=mix( hemiLight.groundColor,hemiLight.skyColor,hemiDiffuseWeight );
return irradiance;
}
#endif
#include <lightprobes_pars_fragment>
`;var of=`#ifdef USE_ENVMAP
vec3 getIBLIrradiance( const in vec3 normal ){
#ifdef ENVMAP_TYPE_PMREM
vec3 worldNormal=transformNormalByInverseViewMatrix( normal,viewMatrix );
vec4 envMapColor=textureLod( envMap,envMapRotation*worldNormal,ENVMAP_MAX_LOD );
return PI*envMapColor.rgb*envMapIntensity;
#else
return vec3( 0.0 );
#endif
}
vec3 getIBLRadiance( const in vec3 viewDir,const in vec3 normal,const in float roughness ){
#ifdef ENVMAP_TYPE_PMREM
vec3 reflectVec=reflect(-viewDir,normal );
reflectVec=normalize( mix( reflectVec,normal,pow4( roughness ) ) );
reflectVec=transformDirectionByInverseViewMatrix( reflectVec,viewMatrix );
vec4 envMapColor=textureLod( envMap,envMapRotation*reflectVec,roughnessToMip( roughness ) );
return envMapColor.rgb*envMapIntensity;
#else
return vec3( 0.0 );
#endif
}
#ifdef USE_RETROREFLECTION
vec3 getIBLRetroRadiance( const in vec3 viewDir,const in vec3 normal,const in float roughness ){
#ifdef ENVMAP_TYPE_PMREM
vec3 retroVec=normalize( mix( viewDir,normal,pow4( roughness ) ) );
retroVec=transformDirectionByInverseViewMatrix( retroVec,viewMatrix );
vec4 envMapColor=textureLod( envMap,envMapRotation*retroVec,roughnessToMip( roughness ) );
return envMapColor.rgb*envMapIntensity;
#else
return vec3( 0.0 );
#endif
}
#endif
#ifdef USE_ANISOTROPY
vec3 getIBLAnisotropyRadiance( const in vec3 viewDir,const in vec3 normal,const in float roughness,const in vec3 bitangent,const in float anisotropy ){
#ifdef ENVMAP_TYPE_PMREM
vec3 bentNormal=cross( bitangent,viewDir );
bentNormal=normalize( cross( bentNormal,bitangent ) );
bentNormal=normalize( mix( bentNormal,normal,pow2( pow2( 1.0-anisotropy*( 1.0-roughness ) ) ) ) );
return getIBLRadiance( viewDir,bentNormal,roughness );
#else
return vec3( 0.0 );
#endif
}
#ifdef USE_RETROREFLECTION
vec3 getIBLAnisotropyRetroRadiance( const in vec3 viewDir,const in vec3 normal,const in float roughness,const in vec3 bitangent,const in float anisotropy ){
#ifdef ENVMAP_TYPE_PMREM
vec3 bentNormal=cross( bitangent,viewDir );
bentNormal=normalize( cross( bentNormal,bitangent ) );
bentNormal=normalize( mix( bentNormal,normal,pow2( pow2( 1.0-anisotropy*( 1.0-roughness ) ) ) ) );
return getIBLRetroRadiance( viewDir,bentNormal,roughness );
#else
return vec3( 0.0 );
#endif
}
#endif
#endif
#endif
`;var af="";var lf="";var hf=`BlinnPhongMaterial material;
material.diffuseColor=diffuseColor.rgb;
material.specularColor=specular;
material.specularShininess=shininess;
material.specularStrength=specularStrength;
`;var cf=`varying vec3 vViewPosition;
struct BlinnPhongMaterial{
vec3 diffuseColor;
vec3 specularColor;
float specularShininess;
float specularStrength;
};
void RE_Direct_BlinnPhong( const in IncidentLight directLight,const in vec3 geometryPosition,const in vec3 geometryNormal,const in vec3 geometryViewDir,const in vec3 geometryClearcoatNormal,const in BlinnPhongMaterial material,inout ReflectedLight reflectedLight ){
float dotNL=saturate( dot( geometryNormal,directLight.direction ) );
vec3 irradiance=dotNL*directLight.color;
reflectedLight.directDiffuse+=irradiance*BRDF_Lambert( material.diffuseColor );
reflectedLight.directSpecular+=irradiance*BRDF_BlinnPhong( directLight.direction,geometryViewDir,geometryNormal,material.specularColor,material.specularShininess )*material.specularStrength;
}
void RE_IndirectDiffuse_BlinnPhong( const in vec3 irradiance,const in vec3 geometryPosition,const in vec3 geometryNormal,const in vec3 geometryViewDir,const in vec3 geometryClearcoatNormal,const in BlinnPhongMaterial material,inout ReflectedLight reflectedLight ){
reflectedLight.indirectDiffuse+=irradiance*BRDF_Lambert( material.diffuseColor );
}
#define RE_Direct				RE_Direct_BlinnPhong
#define RE_IndirectDiffuse		RE_IndirectDiffuse_BlinnPhong
`;var ff="";var uf="";var df=`vec3 geometryPosition=-vViewPosition;
vec3 geometryNormal=normal;
vec3 geometryViewDir=( isOrthographic )?vec3( 0,0,1 ):normalize( vViewPosition );
vec3 geometryClearcoatNormal=vec3( 0.0 );
#ifdef USE_CLEARCOAT
geometryClearcoatNormal=clearcoatNormal;
#endif
#ifdef USE_IRIDESCENCE
float dotNVi=saturate( dot( normal,geometryViewDir ) );
if ( material.iridescenceThickness==0.0 ){
material.iridescence=0.0;
}else{
material.iridescence=saturate( material.iridescence );
}
if ( material.iridescence>0.0 ){
vec3 iridescenceFresnelDielectric=evalIridescence( 1.0,material.iridescenceIOR,dotNVi,material.iridescenceThickness,material.specularColor );
vec3 iridescenceFresnelMetallic=evalIridescence( 1.0,material.iridescenceIOR,dotNVi,material.iridescenceThickness,material.diffuseColor );
material.iridescenceFresnel=mix( iridescenceFresnelDielectric,iridescenceFresnelMetallic,material.metalness );
material.iridescenceF0Dielectric=Schlick_to_F0( iridescenceFresnelDielectric,1.0,dotNVi );
material.iridescenceF0Metallic=Schlick_to_F0( iridescenceFresnelMetallic,1.0,dotNVi );
}
#endif
#ifdef STANDARD
float dotNVms=saturate( dot( geometryNormal,geometryViewDir ) );
material.dfg=texture2D( dfgLUT,vec2( material.roughness,dotNVms ) ).rg;
#if ( NUM_SUN_LIGHTS > 0 || NUM_DIR_LIGHTS > 0 || NUM_POINT_LIGHTS > 0 || NUM_SPOT_LIGHTS > 0 )
float EssMs=material.dfg.x+material.dfg.y;
material.multiScatteringCompensation=1.0+material.specularColorBlended*( 1.0/EssMs-1.0 );
#endif
#endif
IncidentLight directLight;
#if ( NUM_POINT_LIGHTS > 0 ) && defined( RE_Direct )
PointLight pointLight;
#if defined( USE_SHADOWMAP ) && NUM_POINT_LIGHT_SHADOWS > 0
PointLightShadow pointLightShadow;
#endif
#pragma unroll_loop_start
for ( int i=0;i<NUM_POINT_LIGHTS;i++){
pointLight=pointLights[ i ];
getPointLightInfo( pointLight,geometryPosition,directLight );
#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_POINT_LIGHT_SHADOWS ) && ( defined( SHADOWMAP_TYPE_PCF ) || defined( SHADOWMAP_TYPE_BASIC ) )
pointLightShadow=pointLightShadows[ i ];
directLight.color*=( directLight.visible && receiveShadow )?getPointShadow( pointShadowMap[ i ],pointLightShadow.shadowMapSize,pointLightShadow.shadowIntensity,pointLightShadow.shadowBias,pointLightShadow.shadowRadius,vPointShadowCoord[ i ],pointLightShadow.shadowCameraNear,pointLightShadow.shadowCameraFar ):1.0;
#endif
RE_Direct( directLight,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
}
#pragma unroll_loop_end
#endif
#if ( NUM_SPOT_LIGHTS > 0 ) && defined( RE_Direct )
SpotLight spotLight;
vec4 spotColor;
vec3 spotLightCoord;
bool inSpotLightMap;
#if defined( USE_SHADOWMAP ) && NUM_SPOT_LIGHT_SHADOWS > 0
SpotLightShadow spotLightShadow;
#endif
#pragma unroll_loop_start
for ( int i=0;i<NUM_SPOT_LIGHTS;i++){
spotLight=spotLights[ i ];
getSpotLightInfo( spotLight,geometryPosition,directLight );
#if ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS )
#define SPOT_LIGHT_MAP_INDEX UNROLLED_LOOP_INDEX
#elif ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
#define SPOT_LIGHT_MAP_INDEX NUM_SPOT_LIGHT_MAPS
#else
#define SPOT_LIGHT_MAP_INDEX ( UNROLLED_LOOP_INDEX - NUM_SPOT_LIGHT_SHADOWS + NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS )
#endif
#if ( SPOT_LIGHT_MAP_INDEX < NUM_SPOT_LIGHT_MAPS )
spotLightCoord=vSpotLightCoord[ i ].xyz/vSpotLightCoord[ i ].w;
inSpotLightMap=all( lessThan( abs( spotLightCoord*2.-1. ),vec3( 1.0 ) ) );
spotColor=texture2D( spotLightMap[ SPOT_LIGHT_MAP_INDEX ],spotLightCoord.xy );
directLight.color=inSpotLightMap?directLight.color*spotColor.rgb:directLight.color;
#endif
#undef SPOT_LIGHT_MAP_INDEX
#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
spotLightShadow=spotLightShadows[ i ];
directLight.color*=( directLight.visible && receiveShadow )?getShadow( spotShadowMap[ i ],spotLightShadow.shadowMapSize,spotLightShadow.shadowIntensity,spotLightShadow.shadowBias,spotLightShadow.shadowRadius,vSpotLightCoord[ i ] ):1.0;
#endif
RE_Direct( directLight,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
}
#pragma unroll_loop_end
#endif
#if ( NUM_SUN_LIGHTS > 0 ) && defined( RE_Direct )
SunLight sunLight;
#if defined( USE_SHADOWMAP ) && NUM_SUN_LIGHT_SHADOWS > 0
SunLightShadow sunLightShadow;
#endif
#pragma unroll_loop_start
for ( int i=0;i<NUM_SUN_LIGHTS;i++){
sunLight=sunLights[ i ];
getSunLightInfo( sunLight,directLight );
#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_SUN_LIGHT_SHADOWS )
sunLightShadow=sunLightShadows[ i ];
directLight.color*=( directLight.visible && receiveShadow )?getSunShadow( sunShadowMap[ i ],sunLightShadow,UNROLLED_LOOP_INDEX ):1.0;
#endif
RE_Direct( directLight,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
}
#pragma unroll_loop_end
#endif
#if ( NUM_DIR_LIGHTS > 0 ) && defined( RE_Direct )
DirectionalLight directionalLight;
#if defined( USE_SHADOWMAP ) && NUM_DIR_LIGHT_SHADOWS > 0
DirectionalLightShadow directionalLightShadow;
#endif
#pragma unroll_loop_start
for ( int i=0;i<NUM_DIR_LIGHTS;i++){
directionalLight=directionalLights[ i ];
getDirectionalLightInfo( directionalLight,directLight );
#if defined( USE_SHADOWMAP ) && ( UNROLLED_LOOP_INDEX < NUM_DIR_LIGHT_SHADOWS )
directionalLightShadow=directionalLightShadows[ i ];
directLight.color*=( directLight.visible && receiveShadow )?getShadow( directionalShadowMap[ i ],directionalLightShadow.shadowMapSize,directionalLightShadow.shadowIntensity,directionalLightShadow.shadowBias,directionalLightShadow.shadowRadius,vDirectionalShadowCoord[ i ] ):1.0;
#endif
RE_Direct( directLight,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
}
#pragma unroll_loop_end
#endif
#if ( NUM_RECT_AREA_LIGHTS > 0 ) && defined( RE_Direct_RectArea )
RectAreaLight rectAreaLight;
#pragma unroll_loop_start
for ( int i=0;i<NUM_RECT_AREA_LIGHTS;i++){
rectAreaLight=rectAreaLights[ i ];
RE_Direct_RectArea( rectAreaLight,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
}
#pragma unroll_loop_end
#endif
#if defined( RE_IndirectDiffuse )
vec3 iblIrradiance=vec3( 0.0 );
vec3 irradiance=getAmbientLightIrradiance( ambientLightColor );
#if defined( USE_LIGHT_PROBES )
irradiance+=getLightProbeIrradiance( lightProbe,geometryNormal );
#endif
#if ( NUM_HEMI_LIGHTS > 0 )
#pragma unroll_loop_start
for ( int i=0;i<NUM_HEMI_LIGHTS;i++){
irradiance+=getHemisphereLightIrradiance( hemisphereLights[ i ],geometryNormal );
}
#pragma unroll_loop_end
#endif
#if NUM_LIGHT_PROBE_GRIDS > 0
vec3 probeWorldPos=( ( vec4( geometryPosition,1.0 )-viewMatrix[ 3 ] )*viewMatrix ).xyz;
vec3 probeWorldNormal=transformNormalByInverseViewMatrix( geometryNormal,viewMatrix );
int probeGrid=-1;
#pragma unroll_loop_start
for ( int i=0;i<NUM_LIGHT_PROBE_GRIDS;i++){
if ( isInsideLightProbeGrid( probeWorldPos,probeWorldNormal,probesMin[ i ],probesMax[ i ],probesResolution[ i ] ) ) probeGrid=UNROLLED_LOOP_INDEX;
}
#pragma unroll_loop_end
#pragma unroll_loop_start
for ( int i=0;i<NUM_LIGHT_PROBE_GRIDS;i++){
if ( probeGrid==UNROLLED_LOOP_INDEX ) irradiance+=getLightProbeGridIrradiance( probesSH[ i ],probesMin[ i ],probesMax[ i ],probesResolution[ i ],probeWorldPos,probeWorldNormal );
}
#pragma unroll_loop_end
#endif
#endif
#if defined( RE_IndirectSpecular )
vec3 radiance=vec3( 0.0 );
vec3 clearcoatRadiance=vec3( 0.0 );
#endif
`;var pf=`#if defined( RE_IndirectDiffuse )
#ifdef USE_LIGHTMAP
vec4 lightMapTexel=texture2D( lightMap,vLightMapUv );
vec3 lightMapIrradiance=lightMapTexel.rgb*lightMapIntensity;
irradiance+=lightMapIrradiance;
#endif
#if defined( USE_ENVMAP ) && defined( ENVMAP_TYPE_PMREM )
#if defined( STANDARD ) || defined( LAMBERT ) || defined( PHONG )
iblIrradiance+=getIBLIrradiance( geometryNormal );
#endif
#endif
#endif
#if defined( USE_ENVMAP ) && defined( RE_IndirectSpecular )
#ifdef USE_ANISOTROPY
vec3 iblRadiance=getIBLAnisotropyRadiance( geometryViewDir,geometryNormal,material.roughness,material.anisotropyB,material.anisotropy );
#else
vec3 iblRadiance=getIBLRadiance( geometryViewDir,geometryNormal,material.roughness );
#endif
#ifdef USE_RETROREFLECTION
#ifdef USE_ANISOTROPY
vec3 retroIBLRadiance=getIBLAnisotropyRetroRadiance( geometryViewDir,geometryNormal,material.roughness,material.anisotropyB,material.anisotropy );
#else
vec3 retroIBLRadiance=getIBLRetroRadiance( geometryViewDir,geometryNormal,material.roughness );
#endif
iblRadiance=mix( iblRadiance,retroIBLRadiance,saturate( material.retroreflectivity ) );
#endif
radiance+=iblRadiance;
#ifdef USE_CLEARCOAT
clearcoatRadiance+=getIBLRadiance( geometryViewDir,geometryClearcoatNormal,material.clearcoatRoughness );
#endif
#endif
`;var mf=`#if defined( RE_IndirectDiffuse )
#if defined( LAMBERT ) || defined( PHONG )
irradiance+=iblIrradiance;
#endif
RE_IndirectDiffuse( irradiance,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
#endif
#if defined( RE_IndirectSpecular )
RE_IndirectSpecular( radiance,iblIrradiance,clearcoatRadiance,geometryPosition,geometryNormal,geometryViewDir,geometryClearcoatNormal,material,reflectedLight );
#endif
`;var _f="";var gf=`#if defined( USE_LOGARITHMIC_DEPTH_BUFFER )
gl_FragDepth=vIsPerspective==0.0?gl_FragCoord.z:log2( vFragDepth )*logDepthBufFC*0.5;
#endif
`;var xf=`#if defined( USE_LOGARITHMIC_DEPTH_BUFFER )
uniform float logDepthBufFC;
varying float vFragDepth;
varying float vIsPerspective;
#endif
`;var Mf=`#ifdef USE_LOGARITHMIC_DEPTH_BUFFER
varying float vFragDepth;
varying float vIsPerspective;
#endif
`;var Sf=`#ifdef USE_LOGARITHMIC_DEPTH_BUFFER
vFragDepth=1.0+gl_Position.w;
vIsPerspective=float( isPerspectiveMatrix( projectionMatrix ) );
#endif
`;var yf=`#ifdef USE_MAP
vec4 sampledDiffuseColor=texture2D( map,vMapUv );
#ifdef DECODE_VIDEO_TEXTURE
sampledDiffuseColor=sRGBTransferEOTF( sampledDiffuseColor );
#endif
diffuseColor*=sampledDiffuseColor;
#endif
`;var Ef=`#ifdef USE_MAP
uniform sampler2D map;
#endif
`;var Tf=`#if defined( USE_MAP ) || defined( USE_ALPHAMAP )
#if defined( USE_POINTS_UV )
vec2 uv=vUv;
#else
vec2 uv=( uvTransform*vec3( gl_PointCoord.x,1.0-gl_PointCoord.y,1 ) ).xy;
#endif
#endif
#ifdef USE_MAP
diffuseColor*=texture2D( map,uv );
#endif
#ifdef USE_ALPHAMAP
diffuseColor.a*=texture2D( alphaMap,uv ).g;
#endif
`;var vf=`#if defined( USE_POINTS_UV )
varying vec2 vUv;
#else
#if defined( USE_MAP ) || defined( USE_ALPHAMAP )
uniform mat3 uvTransform;
#endif
#endif
#ifdef USE_MAP
uniform sampler2D map;
#endif
#ifdef USE_ALPHAMAP
uniform sampler2D alphaMap;
#endif
`;var Af=`float metalnessFactor=metalness;
#ifdef USE_METALNESSMAP
vec4 texelMetalness=texture2D( metalnessMap,vMetalnessMapUv );
metalnessFactor*=texelMetalness.b;
#endif
`;var bf=`#ifdef USE_METALNESSMAP
uniform sampler2D metalnessMap;
#endif
`;var wf=`#ifdef USE_INSTANCING_MORPH
float morphTargetInfluences[ MORPHTARGETS_COUNT ];
float morphTargetBaseInfluence=texelFetch( morphTexture,ivec2( 0,gl_InstanceID ),0 ).r;
for ( int i=0;i<MORPHTARGETS_COUNT;i++){
morphTargetInfluences[i]=texelFetch( morphTexture,ivec2( i+1,gl_InstanceID ),0 ).r;
}
#endif
`;var Rf=`#if defined( USE_MORPHCOLORS )
#if defined( USE_COLOR_ALPHA )
vColor*=morphTargetBaseInfluence;
#elif defined( USE_COLOR )
vColor.rgb*=morphTargetBaseInfluence;
#endif
for ( int i=0;i<MORPHTARGETS_COUNT;i++){
#if defined( USE_COLOR_ALPHA )
if ( morphTargetInfluences[ i ] !=0.0 ) vColor+=getMorph( gl_VertexID,i,2 )*morphTargetInfluences[ i ];
#elif defined( USE_COLOR )
if ( morphTargetInfluences[ i ] !=0.0 ) vColor.rgb+=getMorph( gl_VertexID,i,2 ).rgb*morphTargetInfluences[ i ];
#endif
}
#endif
`;var Cf=`#ifdef USE_MORPHNORMALS
objectNormal*=morphTargetBaseInfluence;
for ( int i=0;i<MORPHTARGETS_COUNT;i++){
if ( morphTargetInfluences[ i ] !=0.0 ) objectNormal+=getMorph( gl_VertexID,i,1 ).xyz*morphTargetInfluences[ i ];
}
#endif
`;var Pf=`#ifdef USE_MORPHTARGETS
#ifndef USE_INSTANCING_MORPH
uniform float morphTargetBaseInfluence;
uniform float morphTargetInfluences[ MORPHTARGETS_COUNT ];
#endif
uniform sampler2DArray morphTargetsTexture;
uniform ivec2 morphTargetsTextureSize;
vec4 getMorph( const in int vertexIndex,const in int morphTargetIndex,const in int offset ){
int texelIndex=vertexIndex*MORPHTARGETS_TEXTURE_STRIDE+offset;
int y=texelIndex/morphTargetsTextureSize.x;
int x=texelIndex-y*morphTargetsTextureSize.x;
ivec3 morphUV=ivec3( x,y,morphTargetIndex );
return texelFetch( morphTargetsTexture,morphUV,0 );
}
#endif
`;var Lf=`#ifdef USE_MORPHTARGETS
transformed*=morphTargetBaseInfluence;
for ( int i=0;i<MORPHTARGETS_COUNT;i++){
if ( morphTargetInfluences[ i ] !=0.0 ) transformed+=getMorph( gl_VertexID,i,0 ).xyz*morphTargetInfluences[ i ];
}
#endif
`;var Df=`float faceDirection=gl_FrontFacing?1.0:-1.0;
#ifdef FLAT_SHADED
vec3 fdx=dFdx( vViewPosition );
vec3 fdy=dFdy( vViewPosition );
vec3 normal=normalize( cross( fdx,fdy ) );
#else
vec3 normal=normalize( vNormal );
#ifdef DOUBLE_SIDED
normal*=faceDirection;
#endif
#endif
#if defined( USE_NORMALMAP_TANGENTSPACE ) || defined( USE_CLEARCOAT_NORMALMAP ) || defined( USE_ANISOTROPY )
#ifdef USE_TANGENT
mat3 tbn=mat3( normalize( vTangent ),normalize( vBitangent ),normal );
#else
mat3 tbn=getTangentFrame(-vViewPosition,normal,
#if defined( USE_NORMALMAP )
vNormalMapUv
#elif defined( USE_CLEARCOAT_NORMALMAP )
vClearcoatNormalMapUv
#else
vUv
#endif
);
#endif
#ifdef DOUBLE_SIDED
tbn[0]*=faceDirection;
tbn[1]*=faceDirection;
#endif
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
#ifdef USE_TANGENT
mat3 tbn2=mat3( normalize( vTangent ),normalize( vBitangent ),normal );
#else
mat3 tbn2=getTangentFrame(-vViewPosition,normal,vClearcoatNormalMapUv );
#endif
#ifdef DOUBLE_SIDED
tbn2[0]*=faceDirection;
tbn2[1]*=faceDirection;
#endif
#endif
vec3 nonPerturbedNormal=normal;
`;var If=`#ifdef USE_NORMALMAP_OBJECTSPACE
normal=texture2D( normalMap,vNormalMapUv ).xyz*2.0-1.0;
#ifdef FLIP_SIDED
normal=-normal;
#endif
#ifdef DOUBLE_SIDED
normal=normal*faceDirection;
#endif
normal=normalize( normalMatrix*normal );
#elif defined( USE_NORMALMAP_TANGENTSPACE )
vec3 mapN=texture2D( normalMap,vNormalMapUv ).xyz*2.0-1.0;
#if defined( USE_PACKED_NORMALMAP )
mapN=vec3( mapN.xy,sqrt( saturate( 1.0-dot( mapN.xy,mapN.xy ) ) ) );
#endif
mapN.xy*=normalScale;
normal=normalize( tbn*mapN );
#elif defined( USE_BUMPMAP )
normal=perturbNormalArb(-vViewPosition,normal,dHdxy_fwd(),faceDirection );
#endif
`;var Uf=`#ifndef FLAT_SHADED
varying vec3 vNormal;
#ifdef USE_TANGENT
varying vec3 vTangent;
varying vec3 vBitangent;
#endif
#endif
`;var Nf=`#ifndef FLAT_SHADED
varying vec3 vNormal;
#ifdef USE_TANGENT
varying vec3 vTangent;
varying vec3 vBitangent;
#endif
#endif
`;var Ff=`#ifndef FLAT_SHADED
vNormal=normalize( transformedNormal );
#ifdef USE_TANGENT
vTangent=normalize( transformedTangent );
vBitangent=normalize( cross( vNormal,vTangent )*tangent.w );
#ifdef FLIP_SIDED
vBitangent=-vBitangent;
#endif
#endif
#endif
`;var Of=`#ifdef USE_NORMALMAP
uniform sampler2D normalMap;
uniform vec2 normalScale;
#endif
#ifdef USE_NORMALMAP_OBJECTSPACE
uniform mat3 normalMatrix;
#endif
#if ! defined ( USE_TANGENT ) && ( defined ( USE_NORMALMAP_TANGENTSPACE ) || defined ( USE_CLEARCOAT_NORMALMAP ) || defined( USE_ANISOTROPY ) )
mat3 getTangentFrame( vec3 eye_pos,vec3 surf_norm,vec2 uv ){
vec3 q0=dFdx( eye_pos.xyz );
vec3 q1=dFdy( eye_pos.xyz );
vec2 st0=dFdx( uv.st );
vec2 st1=dFdy( uv.st );
vec3 N=surf_norm;
vec3 q1perp=cross( q1,N );
vec3 q0perp=cross( N,q0 );
vec3 T=q1perp*st0.x+q0perp*st1.x;
vec3 B=q1perp*st0.y+q0perp*st1.y;
float det=max( dot( T,T ),dot( B,B ) );
float scale=( det==0.0 )?0.0:inversesqrt( det );
return mat3( T*scale,B*scale,N );
}
#endif
`;var Bf="";var Gf="";var zf="";var kf="";var Hf=`#ifdef OPAQUE
diffuseColor.a=1.0;
#endif
#ifdef USE_TRANSMISSION
diffuseColor.a*=material.transmissionAlpha;
#endif
gl_FragColor=vec4( outgoingLight,diffuseColor.a );
`;var Vf=`vec3 packNormalToRGB( const in vec3 normal ){
return normalize( normal )*0.5+0.5;
}
vec3 unpackRGBToNormal( const in vec3 rgb ){
return 2.0*rgb.xyz-1.0;
}
const float PackUpscale=256./255.;
const float UnpackDownscale=255./256.;
const float ShiftRight8=1./256.;
const float Inv255=1./255.;
const vec4 PackFactors=vec4( 1.0,256.0,256.0*256.0,256.0*256.0*256.0 );
const vec2 UnpackFactors2=vec2( UnpackDownscale,1.0/PackFactors.g );
const vec3 UnpackFactors3=vec3( UnpackDownscale/PackFactors.rg,1.0/PackFactors.b );
const vec4 UnpackFactors4=vec4( UnpackDownscale/PackFactors.rgb,1.0/PackFactors.a );
vec4 packDepthToRGBA( const in float v ){
if( v<=0.0 )
return vec4( 0.,0.,0.,0. );
if( v>=1.0 )
return vec4( 1.,1.,1.,1. );
float vuf;
float af=modf( v*PackFactors.a,vuf );
float bf=modf( vuf*ShiftRight8,vuf );
float gf=modf( vuf*ShiftRight8,vuf );
return vec4( vuf*Inv255,gf*PackUpscale,bf*PackUpscale,af );
}
vec3 packDepthToRGB( const in float v ){
if( v<=0.0 )
return vec3( 0.,0.,0. );
if( v>=1.0 )
return vec3( 1.,1.,1. );
float vuf;
float bf=modf( v*PackFactors.b,vuf );
float gf=modf( vuf*ShiftRight8,vuf );
return vec3( vuf*Inv255,gf*PackUpscale,bf );
}
vec2 packDepthToRG( const in float v ){
if( v<=0.0 )
return vec2( 0.,0. );
if( v>=1.0 )
return vec2( 1.,1. );
float vuf;
float gf=modf( v*256.,vuf );
return vec2( vuf*Inv255,gf );
}
float unpackRGBAToDepth( const in vec4 v ){
return dot( v,UnpackFactors4 );
}
float unpackRGBToDepth( const in vec3 v ){
return dot( v,UnpackFactors3 );
}
float unpackRGToDepth( const in vec2 v ){
return v.r*UnpackFactors2.r+v.g*UnpackFactors2.g;
}
vec4 pack2HalfToRGBA( const in vec2 v ){
vec4 r=vec4( v.x,fract( v.x*255.0 ),v.y,fract( v.y*255.0 ) );
return vec4( r.x-r.y/255.0,r.y,r.z-r.w/255.0,r.w );
}
vec2 unpackRGBATo2Half( const in vec4 v ){
return vec2( v.x+( v.y/255.0 ),v.z+( v.w/255.0 ) );
}
float viewZToOrthographicDepth( const in float viewZ,const in float near,const in float far ){
return ( viewZ+near )/( near-far );
}
float orthographicDepthToViewZ( const in float depth,const in float near,const in float far ){
#ifdef USE_REVERSED_DEPTH_BUFFER
return depth*( far-near )-far;
#else
return depth*( near-far )-near;
#endif
}
float viewZToPerspectiveDepth( const in float viewZ,const in float near,const in float far ){
return ( ( near+viewZ )*far )/( ( far-near )*viewZ );
}
float perspectiveDepthToViewZ( const in float depth,const in float near,const in float far ){
#ifdef USE_REVERSED_DEPTH_BUFFER
return ( near*far )/( ( near-far )*depth-near );
#else
return ( near*far )/( ( far-near )*depth-far );
#endif
}
`;var Wf=`#ifdef PREMULTIPLIED_ALPHA
gl_FragColor.rgb*=gl_FragColor.a;
#endif
`;var Xf=`vec4 mvPosition=vec4( transformed,1.0 );
#ifdef USE_BATCHING
mvPosition=batchingMatrix*mvPosition;
#endif
#ifdef USE_INSTANCING
mvPosition=instanceMatrix*mvPosition;
#endif
mvPosition=modelViewMatrix*mvPosition;
gl_Position=projectionMatrix*mvPosition;
`;var Yf=`#ifdef DITHERING
gl_FragColor.rgb=dithering( gl_FragColor.rgb );
#endif
`;var qf=`#ifdef DITHERING
vec3 dithering( vec3 color ){
float grid_position=rand( gl_FragCoord.xy );
vec3 dither_shift_RGB=vec3( 0.25/255.0,-0.25/255.0,0.25/255.0 );
dither_shift_RGB=mix( 2.0*dither_shift_RGB,-2.0*dither_shift_RGB,grid_position );
return color+dither_shift_RGB;
}
#endif
`;var Kf=`float roughnessFactor=roughness;
#ifdef USE_ROUGHNESSMAP
vec4 texelRoughness=texture2D( roughnessMap,vRoughnessMapUv );
roughnessFactor*=texelRoughness.g;
#endif
`;var Zf=`#ifdef USE_ROUGHNESSMAP
uniform sampler2D roughnessMap;
#endif
`;var Jf=`#if NUM_SPOT_LIGHT_COORDS > 0
varying vec4 vSpotLightCoord[ NUM_SPOT_LIGHT_COORDS ];
#endif
#if NUM_SPOT_LIGHT_MAPS > 0
uniform sampler2D spotLightMap[ NUM_SPOT_LIGHT_MAPS ];
#endif
#ifdef USE_SHADOWMAP
#if NUM_SUN_LIGHT_SHADOWS > 0
#define SUN_LIGHT_CASCADES 2
#if defined( SHADOWMAP_TYPE_PCF )
uniform sampler2DShadow sunShadowMap[ NUM_SUN_LIGHT_SHADOWS ];
#else
uniform sampler2D sunShadowMap[ NUM_SUN_LIGHT_SHADOWS ];
#endif
uniform mat4 sunShadowMatrix[ NUM_SUN_LIGHT_SHADOWS*SUN_LIGHT_CASCADES ];
uniform vec4 sunShadowCascade[ NUM_SUN_LIGHT_SHADOWS*SUN_LIGHT_CASCADES ];
varying vec4 vSunShadowWorldPosition;
varying vec3 vSunShadowWorldNormal;
struct SunLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
};
uniform SunLightShadow sunLightShadows[ NUM_SUN_LIGHT_SHADOWS ];
#endif
#if NUM_DIR_LIGHT_SHADOWS > 0
#if defined( SHADOWMAP_TYPE_PCF )
uniform sampler2DShadow directionalShadowMap[ NUM_DIR_LIGHT_SHADOWS ];
#else
uniform sampler2D directionalShadowMap[ NUM_DIR_LIGHT_SHADOWS ];
#endif
varying vec4 vDirectionalShadowCoord[ NUM_DIR_LIGHT_SHADOWS ];
struct DirectionalLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
};
uniform DirectionalLightShadow directionalLightShadows[ NUM_DIR_LIGHT_SHADOWS ];
#endif
#if NUM_SPOT_LIGHT_SHADOWS > 0
#if defined( SHADOWMAP_TYPE_PCF )
uniform sampler2DShadow spotShadowMap[ NUM_SPOT_LIGHT_SHADOWS ];
#else
uniform sampler2D spotShadowMap[ NUM_SPOT_LIGHT_SHADOWS ];
#endif
struct SpotLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
};
uniform SpotLightShadow spotLightShadows[ NUM_SPOT_LIGHT_SHADOWS ];
#endif
#if NUM_POINT_LIGHT_SHADOWS > 0
#if defined( SHADOWMAP_TYPE_PCF )
uniform samplerCubeShadow pointShadowMap[ NUM_POINT_LIGHT_SHADOWS ];
#elif defined( SHADOWMAP_TYPE_BASIC )
uniform samplerCube pointShadowMap[ NUM_POINT_LIGHT_SHADOWS ];
#endif
varying vec4 vPointShadowCoord[ NUM_POINT_LIGHT_SHADOWS ];
struct PointLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
float shadowCameraNear;
float shadowCameraFar;
};
uniform PointLightShadow pointLightShadows[ NUM_POINT_LIGHT_SHADOWS ];
#endif
#if defined( SHADOWMAP_TYPE_PCF )
float interleavedGradientNoise( vec2 position ){
return fract( 52.9829189*fract( dot( position,vec2( 0.06711056,0.00583715 ) ) ) );
}
vec2 vogelDiskSample( int sampleIndex,int samplesCount,float phi ){
const float goldenAngle=2.399963229728653;
float r=sqrt( ( float( sampleIndex )+0.5 )/float( samplesCount ) );
float theta=float( sampleIndex )*goldenAngle+phi;
return vec2( cos( theta ),sin( theta ) )*r;
}
#endif
#if defined( SHADOWMAP_TYPE_PCF )
float getShadow( sampler2DShadow shadowMap,vec2 shadowMapSize,float shadowIntensity,float shadowBias,float shadowRadius,vec4 shadowCoord ){
float shadow=1.0;
shadowCoord.xyz/=shadowCoord.w;
#ifdef USE_REVERSED_DEPTH_BUFFER
shadowCoord.z-=shadowBias;
#else
shadowCoord.z+=shadowBias;
#endif
bool inFrustum=shadowCoord.x>=0.0 && shadowCoord.x<=1.0 && shadowCoord.y>=0.0 && shadowCoord.y<=1.0;
bool frustumTest=inFrustum && shadowCoord.z<=1.0;
if ( frustumTest ){
vec2 texelSize=vec2( 1.0 )/shadowMapSize;
vec2 radius=shadowRadius*texelSize;
float phi=interleavedGradientNoise( gl_FragCoord.xy )*PI2;
shadow=(
texture( shadowMap,vec3( shadowCoord.xy+vogelDiskSample( 0,5,phi )*radius,shadowCoord.z ) )+
texture( shadowMap,vec3( shadowCoord.xy+vogelDiskSample( 1,5,phi )*radius,shadowCoord.z ) )+
texture( shadowMap,vec3( shadowCoord.xy+vogelDiskSample( 2,5,phi )*radius,shadowCoord.z ) )+
texture( shadowMap,vec3( shadowCoord.xy+vogelDiskSample( 3,5,phi )*radius,shadowCoord.z ) )+
texture( shadowMap,vec3( shadowCoord.xy+vogelDiskSample( 4,5,phi )*radius,shadowCoord.z ) )
)*0.2;
}
return mix( 1.0,shadow,shadowIntensity );
}
#elif defined( SHADOWMAP_TYPE_VSM )
float getShadow( sampler2D shadowMap,vec2 shadowMapSize,float shadowIntensity,float shadowBias,float shadowRadius,vec4 shadowCoord ){
float shadow=1.0;
shadowCoord.xyz/=shadowCoord.w;
#ifdef USE_REVERSED_DEPTH_BUFFER
shadowCoord.z-=shadowBias;
#else
shadowCoord.z+=shadowBias;
#endif
bool inFrustum=shadowCoord.x>=0.0 && shadowCoord.x<=1.0 && shadowCoord.y>=0.0 && shadowCoord.y<=1.0;
bool frustumTest=inFrustum && shadowCoord.z<=1.0;
if ( frustumTest ){
vec2 distribution=texture2D( shadowMap,shadowCoord.xy ).rg;
float mean=distribution.x;
float variance=distribution.y*distribution.y;
#ifdef USE_REVERSED_DEPTH_BUFFER
float hard_shadow=step( mean,shadowCoord.z );
#else
float hard_shadow=step( shadowCoord.z,mean );
#endif
if ( hard_shadow==1.0 ){
shadow=1.0;
}else{
variance=max( variance,0.0000001 );
float d=shadowCoord.z-mean;
float p_max=variance/( variance+d*d );
p_max=clamp( ( p_max-0.3 )/0.65,0.0,1.0 );
shadow=max( hard_shadow,p_max );
}
}
return mix( 1.0,shadow,shadowIntensity );
}
#else
float getShadow( sampler2D shadowMap,vec2 shadowMapSize,float shadowIntensity,float shadowBias,float shadowRadius,vec4 shadowCoord ){
float shadow=1.0;
shadowCoord.xyz/=shadowCoord.w;
#ifdef USE_REVERSED_DEPTH_BUFFER
shadowCoord.z-=shadowBias;
#else
shadowCoord.z+=shadowBias;
#endif
bool inFrustum=shadowCoord.x>=0.0 && shadowCoord.x<=1.0 && shadowCoord.y>=0.0 && shadowCoord.y<=1.0;
bool frustumTest=inFrustum && shadowCoord.z<=1.0;
if ( frustumTest ){
float depth=texture2D( shadowMap,shadowCoord.xy ).r;
#ifdef USE_REVERSED_DEPTH_BUFFER
shadow=step( depth,shadowCoord.z );
#else
shadow=step( shadowCoord.z,depth );
#endif
}
return mix( 1.0,shadow,shadowIntensity );
}
#endif
#if NUM_SUN_LIGHT_SHADOWS > 0
float getSunShadow(
#if defined( SHADOWMAP_TYPE_PCF )
sampler2DShadow shadowMap,
#else
sampler2D shadowMap,
#endif
SunLightShadow sunLightShadow,
int shadowIndex
){
vec4 shadowWorldPosition=vec4( vSunShadowWorldPosition.xyz+vSunShadowWorldNormal*sunLightShadow.shadowNormalBias,1.0 );
float viewDepth=vSunShadowWorldPosition.w;
int cascadeOffset=shadowIndex*SUN_LIGHT_CASCADES;
float shadow=1.0;
for ( int i=SUN_LIGHT_CASCADES-1;i>=0;i--){
vec4 cascade=sunShadowCascade[ cascadeOffset+i ];
if ( viewDepth>=cascade.x && viewDepth<cascade.y ){
float cascadeShadow=getShadow(
shadowMap,
sunLightShadow.shadowMapSize,
sunLightShadow.shadowIntensity,
sunLightShadow.shadowBias,
sunLightShadow.shadowRadius,
sunShadowMatrix[ cascadeOffset+i ]*shadowWorldPosition
);
shadow=mix( cascadeShadow,shadow,smoothstep( cascade.z,cascade.y,viewDepth ) );
}
}
return shadow;
}
#endif
#if NUM_POINT_LIGHT_SHADOWS > 0
#if defined( SHADOWMAP_TYPE_PCF )
float getPointShadow( samplerCubeShadow shadowMap,vec2 shadowMapSize,float shadowIntensity,float shadowBias,float shadowRadius,vec4 shadowCoord,float shadowCameraNear,float shadowCameraFar ){
float shadow=1.0;
vec3 lightToPosition=shadowCoord.xyz;
vec3 bd3D=normalize( lightToPosition );
vec3 absVec=abs( lightToPosition );
float viewSpaceZ=max( max( absVec.x,absVec.y ),absVec.z );
if ( viewSpaceZ-shadowCameraFar<=0.0 && viewSpaceZ-shadowCameraNear>=0.0 ){
float lightDistance=length( lightToPosition );
float depthRange=shadowCameraFar-shadowCameraNear;
#ifdef USE_REVERSED_DEPTH_BUFFER
float depthA=-shadowCameraNear/depthRange-shadowBias;
float depthB=shadowCameraNear*shadowCameraFar/( depthRange*lightDistance );
#else
float depthA=shadowCameraFar/depthRange+shadowBias;
float depthB=-shadowCameraNear*shadowCameraFar/( depthRange*lightDistance );
#endif
float texelSize=shadowRadius/shadowMapSize.x;
vec3 absDir=abs( bd3D );
vec3 tangent=absDir.x>absDir.z?vec3( 0.0,1.0,0.0 ):vec3( 1.0,0.0,0.0 );
tangent=normalize( cross( bd3D,tangent ) );
vec3 bitangent=cross( bd3D,tangent );
float phi=interleavedGradientNoise( gl_FragCoord.xy )*PI2;
shadow=0.0;
for ( int i=0;i<5;i++){
vec2 offset=vogelDiskSample( i,5,phi );
vec3 direction=bd3D+( tangent*offset.x+bitangent*offset.y )*texelSize;
vec3 absDirection=abs( direction );
float dp=depthA+depthB/max( max( absDirection.x,absDirection.y ),absDirection.z );
shadow+=texture( shadowMap,vec4( direction,dp ) );
}
shadow*=0.2;
}
return mix( 1.0,shadow,shadowIntensity );
}
#elif defined( SHADOWMAP_TYPE_BASIC )
float getPointShadow( samplerCube shadowMap,vec2 shadowMapSize,float shadowIntensity,float shadowBias,float shadowRadius,vec4 shadowCoord,float shadowCameraNear,float shadowCameraFar ){
float shadow=1.0;
vec3 lightToPosition=shadowCoord.xyz;
vec3 absVec=abs( lightToPosition );
float viewSpaceZ=max( max( absVec.x,absVec.y ),absVec.z );
if ( viewSpaceZ-shadowCameraFar<=0.0 && viewSpaceZ-shadowCameraNear>=0.0 ){
float dp=( shadowCameraFar*( viewSpaceZ-shadowCameraNear ) )/( viewSpaceZ*( shadowCameraFar-shadowCameraNear ) );
dp+=shadowBias;
vec3 bd3D=normalize( lightToPosition );
float depth=textureCube( shadowMap,bd3D ).r;
#ifdef USE_REVERSED_DEPTH_BUFFER
depth=1.0-depth;
#endif
shadow=step( dp,depth );
}
return mix( 1.0,shadow,shadowIntensity );
}
#endif
#endif
#endif
`;var $f=`#if NUM_SPOT_LIGHT_COORDS > 0
uniform mat4 spotLightMatrix[ NUM_SPOT_LIGHT_COORDS ];
varying vec4 vSpotLightCoord[ NUM_SPOT_LIGHT_COORDS ];
#endif
#ifdef USE_SHADOWMAP
#if NUM_SUN_LIGHT_SHADOWS > 0
varying vec4 vSunShadowWorldPosition;
varying vec3 vSunShadowWorldNormal;
#endif
#if NUM_DIR_LIGHT_SHADOWS > 0
uniform mat4 directionalShadowMatrix[ NUM_DIR_LIGHT_SHADOWS ];
varying vec4 vDirectionalShadowCoord[ NUM_DIR_LIGHT_SHADOWS ];
struct DirectionalLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
};
uniform DirectionalLightShadow directionalLightShadows[ NUM_DIR_LIGHT_SHADOWS ];
#endif
#if NUM_SPOT_LIGHT_SHADOWS > 0
struct SpotLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
};
uniform SpotLightShadow spotLightShadows[ NUM_SPOT_LIGHT_SHADOWS ];
#endif
#if NUM_POINT_LIGHT_SHADOWS > 0
uniform mat4 pointShadowMatrix[ NUM_POINT_LIGHT_SHADOWS ];
varying vec4 vPointShadowCoord[ NUM_POINT_LIGHT_SHADOWS ];
struct PointLightShadow{
float shadowIntensity;
float shadowBias;
float shadowNormalBias;
float shadowRadius;
vec2 shadowMapSize;
float shadowCameraNear;
float shadowCameraFar;
};
uniform PointLightShadow pointLightShadows[ NUM_POINT_LIGHT_SHADOWS ];
#endif
#endif
`;var Qf=`#if ( defined( USE_SHADOWMAP ) && ( NUM_DIR_LIGHT_SHADOWS > 0 || NUM_SUN_LIGHT_SHADOWS > 0 || NUM_POINT_LIGHT_SHADOWS > 0 ) ) || ( NUM_SPOT_LIGHT_COORDS > 0 )
#ifdef HAS_NORMAL
vec3 shadowWorldNormal=transformNormalByInverseViewMatrix( transformedNormal,viewMatrix );
#else
vec3 shadowWorldNormal=vec3( 0.0 );
#endif
vec4 shadowWorldPosition;
#endif
#if defined( USE_SHADOWMAP )
#if NUM_SUN_LIGHT_SHADOWS > 0
vSunShadowWorldPosition=vec4( worldPosition.xyz,-mvPosition.z );
vSunShadowWorldNormal=shadowWorldNormal;
#endif
#if NUM_DIR_LIGHT_SHADOWS > 0
#pragma unroll_loop_start
for ( int i=0;i<NUM_DIR_LIGHT_SHADOWS;i++){
shadowWorldPosition=worldPosition+vec4( shadowWorldNormal*directionalLightShadows[ i ].shadowNormalBias,0 );
vDirectionalShadowCoord[ i ]=directionalShadowMatrix[ i ]*shadowWorldPosition;
}
#pragma unroll_loop_end
#endif
#if NUM_POINT_LIGHT_SHADOWS > 0
#pragma unroll_loop_start
for ( int i=0;i<NUM_POINT_LIGHT_SHADOWS;i++){
shadowWorldPosition=worldPosition+vec4( shadowWorldNormal*pointLightShadows[ i ].shadowNormalBias,0 );
vPointShadowCoord[ i ]=pointShadowMatrix[ i ]*shadowWorldPosition;
}
#pragma unroll_loop_end
#endif
#endif
#if NUM_SPOT_LIGHT_COORDS > 0
#pragma unroll_loop_start
for ( int i=0;i<NUM_SPOT_LIGHT_COORDS;i++){
shadowWorldPosition=worldPosition;
#if ( defined( USE_SHADOWMAP ) && UNROLLED_LOOP_INDEX < NUM_SPOT_LIGHT_SHADOWS )
shadowWorldPosition.xyz+=shadowWorldNormal*spotLightShadows[ i ].shadowNormalBias;
#endif
vSpotLightCoord[ i ]=spotLightMatrix[ i ]*shadowWorldPosition;
}
#pragma unroll_loop_end
#endif
`;var jf=`float getShadowMask(){
float shadow=1.0;
#ifdef USE_SHADOWMAP
#if NUM_SUN_LIGHT_SHADOWS > 0
SunLightShadow sunLight;
#pragma unroll_loop_start
for ( int i=0;i<NUM_SUN_LIGHT_SHADOWS;i++){
sunLight=sunLightShadows[ i ];
shadow*=receiveShadow?getSunShadow( sunShadowMap[ i ],sunLight,UNROLLED_LOOP_INDEX ):1.0;
}
#pragma unroll_loop_end
#endif
#if NUM_DIR_LIGHT_SHADOWS > 0
DirectionalLightShadow directionalLight;
#pragma unroll_loop_start
for ( int i=0;i<NUM_DIR_LIGHT_SHADOWS;i++){
directionalLight=directionalLightShadows[ i ];
shadow*=receiveShadow?getShadow( directionalShadowMap[ i ],directionalLight.shadowMapSize,directionalLight.shadowIntensity,directionalLight.shadowBias,directionalLight.shadowRadius,vDirectionalShadowCoord[ i ] ):1.0;
}
#pragma unroll_loop_end
#endif
#if NUM_SPOT_LIGHT_SHADOWS > 0
SpotLightShadow spotLight;
#pragma unroll_loop_start
for ( int i=0;i<NUM_SPOT_LIGHT_SHADOWS;i++){
spotLight=spotLightShadows[ i ];
shadow*=receiveShadow?getShadow( spotShadowMap[ i ],spotLight.shadowMapSize,spotLight.shadowIntensity,spotLight.shadowBias,spotLight.shadowRadius,vSpotLightCoord[ i ] ):1.0;
}
#pragma unroll_loop_end
#endif
#if NUM_POINT_LIGHT_SHADOWS > 0 && ( defined( SHADOWMAP_TYPE_PCF ) || defined( SHADOWMAP_TYPE_BASIC ) )
PointLightShadow pointLight;
#pragma unroll_loop_start
for ( int i=0;i<NUM_POINT_LIGHT_SHADOWS;i++){
pointLight=pointLightShadows[ i ];
shadow*=receiveShadow?getPointShadow( pointShadowMap[ i ],pointLight.shadowMapSize,pointLight.shadowIntensity,pointLight.shadowBias,pointLight.shadowRadius,vPointShadowCoord[ i ],pointLight.shadowCameraNear,pointLight.shadowCameraFar ):1.0;
}
#pragma unroll_loop_end
#endif
#endif
return shadow;
}
`;var eu=`#ifdef USE_SKINNING
mat4 boneMatX=getBoneMatrix( skinIndex.x );
mat4 boneMatY=getBoneMatrix( skinIndex.y );
mat4 boneMatZ=getBoneMatrix( skinIndex.z );
mat4 boneMatW=getBoneMatrix( skinIndex.w );
#endif
`;var tu=`#ifdef USE_SKINNING
uniform mat4 bindMatrix;
uniform mat4 bindMatrixInverse;
uniform highp sampler2D boneTexture;
mat4 getBoneMatrix( const in float i ){
int size=textureSize( boneTexture,0 ).x;
int j=int( i )*4;
int x=j % size;
int y=j/size;
vec4 v1=texelFetch( boneTexture,ivec2( x,y ),0 );
vec4 v2=texelFetch( boneTexture,ivec2( x+1,y ),0 );
vec4 v3=texelFetch( boneTexture,ivec2( x+2,y ),0 );
vec4 v4=texelFetch( boneTexture,ivec2( x+3,y ),0 );
return mat4( v1,v2,v3,v4 );
}
#endif
`;var iu=`#ifdef USE_SKINNING
vec4 skinVertex=bindMatrix*vec4( transformed,1.0 );
vec4 skinned=vec4( 0.0 );
skinned+=boneMatX*skinVertex*skinWeight.x;
skinned+=boneMatY*skinVertex*skinWeight.y;
skinned+=boneMatZ*skinVertex*skinWeight.z;
skinned+=boneMatW*skinVertex*skinWeight.w;
transformed=( bindMatrixInverse*skinned ).xyz;
#endif
`;var nu=`#ifdef USE_SKINNING
mat4 skinMatrix=mat4( 0.0 );
skinMatrix+=skinWeight.x*boneMatX;
skinMatrix+=skinWeight.y*boneMatY;
skinMatrix+=skinWeight.z*boneMatZ;
skinMatrix+=skinWeight.w*boneMatW;
skinMatrix=bindMatrixInverse*skinMatrix*bindMatrix;
objectNormal=vec4( skinMatrix*vec4( objectNormal,0.0 ) ).xyz;
#ifdef USE_TANGENT
objectTangent=vec4( skinMatrix*vec4( objectTangent,0.0 ) ).xyz;
#endif
#endif
`;var ru=`float specularStrength;
#ifdef USE_SPECULARMAP
vec4 texelSpecular=texture2D( specularMap,vSpecularMapUv );
specularStrength=texelSpecular.r;
#else
specularStrength=1.0;
#endif
`;var su=`#ifdef USE_SPECULARMAP
uniform sampler2D specularMap;
#endif
`;var ou=`#if defined( TONE_MAPPING )
gl_FragColor.rgb=toneMapping( gl_FragColor.rgb );
#endif
`;var au=`#ifndef saturate
#define saturate( a ) clamp( a, 0.0, 1.0 )
#endif
uniform float toneMappingExposure;
vec3 LinearToneMapping( vec3 color ){
return saturate( toneMappingExposure*color );
}
vec3 ReinhardToneMapping( vec3 color ){
color*=toneMappingExposure;
return saturate( color/( vec3( 1.0 )+color ) );
}
vec3 CineonToneMapping( vec3 color ){
color*=toneMappingExposure;
color=max( vec3( 0.0 ),color-0.004 );
return pow( ( color*( 6.2*color+0.5 ) )/( color*( 6.2*color+1.7 )+0.06 ),vec3( 2.2 ) );
}
vec3 RRTAndODTFit( vec3 v ){
vec3 a=v*( v+0.0245786 )-0.000090537;
vec3 b=v*( 0.983729*v+0.4329510 )+0.238081;
return a/b;
}
vec3 ACESFilmicToneMapping( vec3 color ){
const mat3 ACESInputMat=mat3(
vec3( 0.59719,0.07600,0.02840 ),
vec3( 0.35458,0.90834,0.13383 ),
vec3( 0.04823,0.01566,0.83777 )
);
const mat3 ACESOutputMat=mat3(
vec3( 1.60475,-0.10208,-0.00327 ),
vec3(-0.53108,1.10813,-0.07276 ),
vec3(-0.07367,-0.00605,1.07602 )
);
color*=toneMappingExposure/0.6;
color=ACESInputMat*color;
color=RRTAndODTFit( color );
color=ACESOutputMat*color;
return saturate( color );
}
const mat3 LINEAR_REC2020_TO_LINEAR_SRGB=mat3(
vec3( 1.6605,-0.1246,-0.0182 ),
vec3(-0.5876,1.1329,-0.1006 ),
vec3(-0.0728,-0.0083,1.1187 )
);
const mat3 LINEAR_SRGB_TO_LINEAR_REC2020=mat3(
vec3( 0.6274,0.0691,0.0164 ),
vec3( 0.3293,0.9195,0.0880 ),
vec3( 0.0433,0.0113,0.8956 )
);
vec3 agxDefaultContrastApprox( vec3 x ){
vec3 x2=x*x;
vec3 x4=x2*x2;
return+15.5*x4*x2
-40.14*x4*x
+31.96*x4
-6.868*x2*x
+0.4298*x2
+0.1191*x
-0.00232;
}
vec3 AgXToneMapping( vec3 color ){
const mat3 AgXInsetMatrix=mat3(
vec3( 0.856627153315983,0.137318972929847,0.11189821299995 ),
vec3( 0.0951212405381588,0.761241990602591,0.0767994186031903 ),
vec3( 0.0482516061458583,0.101439036467562,0.811302368396859 )
);
const mat3 AgXOutsetMatrix=mat3(
vec3( 1.1271005818144368,-0.1413297634984383,-0.14132976349843826 ),
vec3(-0.11060664309660323,1.157823702216272,-0.11060664309660294 ),
vec3(-0.016493938717834573,-0.016493938717834257,1.2519364065950405 )
);
const float AgxMinEv=-12.47393;
const float AgxMaxEv=4.026069;
color*=toneMappingExposure;
color=LINEAR_SRGB_TO_LINEAR_REC2020*color;
color=AgXInsetMatrix*color;
color=max( color,1e-10 );
color=log2( color );
color=( color-AgxMinEv )/( AgxMaxEv-AgxMinEv );
color=clamp( color,0.0,1.0 );
color=agxDefaultContrastApprox( color );
color=AgXOutsetMatrix*color;
color=pow( max( vec3( 0.0 ),color ),vec3( 2.2 ) );
color=LINEAR_REC2020_TO_LINEAR_SRGB*color;
color=clamp( color,0.0,1.0 );
return color;
}
vec3 NeutralToneMapping( vec3 color ){
const float StartCompression=0.8-0.04;
const float Desaturation=0.15;
color*=toneMappingExposure;
float x=min( color.r,min( color.g,color.b ) );
float offset=x<0.08?x-6.25*x*x:0.04;
color-=offset;
float peak=max( color.r,max( color.g,color.b ) );
if ( peak<StartCompression ) return color;
float d=1.-StartCompression;
float newPeak=1.-d*d/( peak+d-StartCompression );
color*=newPeak/peak;
float g=1.-1./( Desaturation*( peak-newPeak )+1. );
return mix( color,vec3( newPeak ),g );
}
vec3 CustomToneMapping( vec3 color ){return color;}
`;var lu="";var hu="";var cu=`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
varying vec2 vUv;
#endif
#ifdef USE_MAP
varying vec2 vMapUv;
#endif
#ifdef USE_ALPHAMAP
varying vec2 vAlphaMapUv;
#endif
#ifdef USE_LIGHTMAP
varying vec2 vLightMapUv;
#endif
#ifdef USE_AOMAP
varying vec2 vAoMapUv;
#endif
#ifdef USE_BUMPMAP
varying vec2 vBumpMapUv;
#endif
#ifdef USE_NORMALMAP
varying vec2 vNormalMapUv;
#endif
#ifdef USE_EMISSIVEMAP
varying vec2 vEmissiveMapUv;
#endif
#ifdef USE_METALNESSMAP
varying vec2 vMetalnessMapUv;
#endif
#ifdef USE_ROUGHNESSMAP
varying vec2 vRoughnessMapUv;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
varying vec2 vDiffuseRoughnessMapUv;
#endif
#ifdef USE_ANISOTROPYMAP
varying vec2 vAnisotropyMapUv;
#endif
#ifdef USE_CLEARCOATMAP
varying vec2 vClearcoatMapUv;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
varying vec2 vClearcoatNormalMapUv;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
varying vec2 vClearcoatRoughnessMapUv;
#endif
#ifdef USE_IRIDESCENCEMAP
varying vec2 vIridescenceMapUv;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
varying vec2 vIridescenceThicknessMapUv;
#endif
#ifdef USE_SHEEN_COLORMAP
varying vec2 vSheenColorMapUv;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
varying vec2 vSheenRoughnessMapUv;
#endif
#ifdef USE_SPECULARMAP
varying vec2 vSpecularMapUv;
#endif
#ifdef USE_SPECULAR_COLORMAP
varying vec2 vSpecularColorMapUv;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
varying vec2 vSpecularIntensityMapUv;
#endif
#ifdef USE_TRANSMISSIONMAP
uniform mat3 transmissionMapTransform;
varying vec2 vTransmissionMapUv;
#endif
#ifdef USE_THICKNESSMAP
uniform mat3 thicknessMapTransform;
varying vec2 vThicknessMapUv;
#endif
`;var fu=`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
varying vec2 vUv;
#endif
#ifdef USE_MAP
uniform mat3 mapTransform;
varying vec2 vMapUv;
#endif
#ifdef USE_ALPHAMAP
uniform mat3 alphaMapTransform;
varying vec2 vAlphaMapUv;
#endif
#ifdef USE_LIGHTMAP
uniform mat3 lightMapTransform;
varying vec2 vLightMapUv;
#endif
#ifdef USE_AOMAP
uniform mat3 aoMapTransform;
varying vec2 vAoMapUv;
#endif
#ifdef USE_BUMPMAP
uniform mat3 bumpMapTransform;
varying vec2 vBumpMapUv;
#endif
#ifdef USE_NORMALMAP
uniform mat3 normalMapTransform;
varying vec2 vNormalMapUv;
#endif
#ifdef USE_DISPLACEMENTMAP
uniform mat3 displacementMapTransform;
varying vec2 vDisplacementMapUv;
#endif
#ifdef USE_EMISSIVEMAP
uniform mat3 emissiveMapTransform;
varying vec2 vEmissiveMapUv;
#endif
#ifdef USE_METALNESSMAP
uniform mat3 metalnessMapTransform;
varying vec2 vMetalnessMapUv;
#endif
#ifdef USE_ROUGHNESSMAP
uniform mat3 roughnessMapTransform;
varying vec2 vRoughnessMapUv;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
uniform mat3 diffuseRoughnessMapTransform;
varying vec2 vDiffuseRoughnessMapUv;
#endif
#ifdef USE_ANISOTROPYMAP
uniform mat3 anisotropyMapTransform;
varying vec2 vAnisotropyMapUv;
#endif
#ifdef USE_CLEARCOATMAP
uniform mat3 clearcoatMapTransform;
varying vec2 vClearcoatMapUv;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
uniform mat3 clearcoatNormalMapTransform;
varying vec2 vClearcoatNormalMapUv;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
uniform mat3 clearcoatRoughnessMapTransform;
varying vec2 vClearcoatRoughnessMapUv;
#endif
#ifdef USE_SHEEN_COLORMAP
uniform mat3 sheenColorMapTransform;
varying vec2 vSheenColorMapUv;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
uniform mat3 sheenRoughnessMapTransform;
varying vec2 vSheenRoughnessMapUv;
#endif
#ifdef USE_IRIDESCENCEMAP
uniform mat3 iridescenceMapTransform;
varying vec2 vIridescenceMapUv;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
uniform mat3 iridescenceThicknessMapTransform;
varying vec2 vIridescenceThicknessMapUv;
#endif
#ifdef USE_SPECULARMAP
uniform mat3 specularMapTransform;
varying vec2 vSpecularMapUv;
#endif
#ifdef USE_SPECULAR_COLORMAP
uniform mat3 specularColorMapTransform;
varying vec2 vSpecularColorMapUv;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
uniform mat3 specularIntensityMapTransform;
varying vec2 vSpecularIntensityMapUv;
#endif
#ifdef USE_TRANSMISSIONMAP
uniform mat3 transmissionMapTransform;
varying vec2 vTransmissionMapUv;
#endif
#ifdef USE_THICKNESSMAP
uniform mat3 thicknessMapTransform;
varying vec2 vThicknessMapUv;
#endif
`;var uu=`#if defined( USE_UV ) || defined( USE_ANISOTROPY )
vUv=vec3( uv,1 ).xy;
#endif
#ifdef USE_MAP
vMapUv=( mapTransform*vec3( MAP_UV,1 ) ).xy;
#endif
#ifdef USE_ALPHAMAP
vAlphaMapUv=( alphaMapTransform*vec3( ALPHAMAP_UV,1 ) ).xy;
#endif
#ifdef USE_LIGHTMAP
vLightMapUv=( lightMapTransform*vec3( LIGHTMAP_UV,1 ) ).xy;
#endif
#ifdef USE_AOMAP
vAoMapUv=( aoMapTransform*vec3( AOMAP_UV,1 ) ).xy;
#endif
#ifdef USE_BUMPMAP
vBumpMapUv=( bumpMapTransform*vec3( BUMPMAP_UV,1 ) ).xy;
#endif
#ifdef USE_NORMALMAP
vNormalMapUv=( normalMapTransform*vec3( NORMALMAP_UV,1 ) ).xy;
#endif
#ifdef USE_DISPLACEMENTMAP
vDisplacementMapUv=( displacementMapTransform*vec3( DISPLACEMENTMAP_UV,1 ) ).xy;
#endif
#ifdef USE_EMISSIVEMAP
vEmissiveMapUv=( emissiveMapTransform*vec3( EMISSIVEMAP_UV,1 ) ).xy;
#endif
#ifdef USE_METALNESSMAP
vMetalnessMapUv=( metalnessMapTransform*vec3( METALNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_ROUGHNESSMAP
vRoughnessMapUv=( roughnessMapTransform*vec3( ROUGHNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_DIFFUSE_ROUGHNESSMAP
vDiffuseRoughnessMapUv=( diffuseRoughnessMapTransform*vec3( DIFFUSE_ROUGHNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_ANISOTROPYMAP
vAnisotropyMapUv=( anisotropyMapTransform*vec3( ANISOTROPYMAP_UV,1 ) ).xy;
#endif
#ifdef USE_CLEARCOATMAP
vClearcoatMapUv=( clearcoatMapTransform*vec3( CLEARCOATMAP_UV,1 ) ).xy;
#endif
#ifdef USE_CLEARCOAT_NORMALMAP
vClearcoatNormalMapUv=( clearcoatNormalMapTransform*vec3( CLEARCOAT_NORMALMAP_UV,1 ) ).xy;
#endif
#ifdef USE_CLEARCOAT_ROUGHNESSMAP
vClearcoatRoughnessMapUv=( clearcoatRoughnessMapTransform*vec3( CLEARCOAT_ROUGHNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_IRIDESCENCEMAP
vIridescenceMapUv=( iridescenceMapTransform*vec3( IRIDESCENCEMAP_UV,1 ) ).xy;
#endif
#ifdef USE_IRIDESCENCE_THICKNESSMAP
vIridescenceThicknessMapUv=( iridescenceThicknessMapTransform*vec3( IRIDESCENCE_THICKNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_SHEEN_COLORMAP
vSheenColorMapUv=( sheenColorMapTransform*vec3( SHEEN_COLORMAP_UV,1 ) ).xy;
#endif
#ifdef USE_SHEEN_ROUGHNESSMAP
vSheenRoughnessMapUv=( sheenRoughnessMapTransform*vec3( SHEEN_ROUGHNESSMAP_UV,1 ) ).xy;
#endif
#ifdef USE_SPECULARMAP
vSpecularMapUv=( specularMapTransform*vec3( SPECULARMAP_UV,1 ) ).xy;
#endif
#ifdef USE_SPECULAR_COLORMAP
vSpecularColorMapUv=( specularColorMapTransform*vec3( SPECULAR_COLORMAP_UV,1 ) ).xy;
#endif
#ifdef USE_SPECULAR_INTENSITYMAP
vSpecularIntensityMapUv=( specularIntensityMapTransform*vec3( SPECULAR_INTENSITYMAP_UV,1 ) ).xy;
#endif
#ifdef USE_TRANSMISSIONMAP
vTransmissionMapUv=( transmissionMapTransform*vec3( TRANSMISSIONMAP_UV,1 ) ).xy;
#endif
#ifdef USE_THICKNESSMAP
vThicknessMapUv=( thicknessMapTransform*vec3( THICKNESSMAP_UV,1 ) ).xy;
#endif
`;var du=`#if defined( USE_ENVMAP ) || defined( DISTANCE ) || defined ( USE_SHADOWMAP ) || defined ( USE_TRANSMISSION ) || NUM_SPOT_LIGHT_COORDS > 0
vec4 worldPosition=vec4( transformed,1.0 );
#ifdef USE_BATCHING
worldPosition=batchingMatrix*worldPosition;
#endif
#ifdef USE_INSTANCING
worldPosition=instanceMatrix*worldPosition;
#endif
worldPosition=modelMatrix*worldPosition;
#endif
`;var pu=`#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
varying vec2 vHighPrecisionZW;
void main(){
#include <uv_vertex>
#include <batching_vertex>
#include <skinbase_vertex>
#include <morphinstance_vertex>
#ifdef USE_DISPLACEMENTMAP
#include <beginnormal_vertex>
#include <morphnormal_vertex>
#include <skinnormal_vertex>
#endif
#include <begin_vertex>
#include <morphtarget_vertex>
#include <skinning_vertex>
#include <displacementmap_vertex>
#include <project_vertex>
#include <logdepthbuf_vertex>
#include <clipping_planes_vertex>
vHighPrecisionZW=gl_Position.zw;
}
`,mu=`#if DEPTH_PACKING == 3200
uniform float opacity;
#endif
#include <common>
#include <packing>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
varying vec2 vHighPrecisionZW;
void main(){
vec4 diffuseColor=vec4( 1.0 );
#include <clipping_planes_fragment>
#if DEPTH_PACKING == 3200
diffuseColor.a=opacity;
#endif
#include <map_fragment>
#include <alphamap_fragment>
#include <alphatest_fragment>
#include <alphahash_fragment>
#include <logdepthbuf_fragment>
#ifdef USE_REVERSED_DEPTH_BUFFER
float fragCoordZ=vHighPrecisionZW[ 0 ]/vHighPrecisionZW[ 1 ];
#else
float fragCoordZ=0.5*vHighPrecisionZW[ 0 ]/vHighPrecisionZW[ 1 ]+0.5;
#endif
#if DEPTH_PACKING == 3200
gl_FragColor=vec4( vec3( 1.0-fragCoordZ ),opacity );
#elif DEPTH_PACKING == 3201
gl_FragColor=packDepthToRGBA( fragCoordZ );
#elif DEPTH_PACKING == 3202
gl_FragColor=vec4( packDepthToRGB( fragCoordZ ),1.0 );
#elif DEPTH_PACKING == 3203
gl_FragColor=vec4( packDepthToRG( fragCoordZ ),0.0,1.0 );
#endif
}
`;var _u=`#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main(){
#include <uv_vertex>
#include <color_vertex>
#include <morphinstance_vertex>
#include <morphcolor_vertex>
#include <batching_vertex>
#if defined ( USE_ENVMAP ) || defined ( USE_SKINNING )
#include <beginnormal_vertex>
#include <morphnormal_vertex>
#include <skinbase_vertex>
#include <skinnormal_vertex>
#include <defaultnormal_vertex>
#endif
#include <begin_vertex>
#include <morphtarget_vertex>
#include <skinning_vertex>
#include <project_vertex>
#include <logdepthbuf_vertex>
#include <clipping_planes_vertex>
#include <worldpos_vertex>
#include <envmap_vertex>
#include <fog_vertex>
}
`,gu=`uniform vec3 diffuse;
uniform float opacity;
#ifndef FLAT_SHADED
varying vec3 vNormal;
#endif
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <fog_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main(){
vec4 diffuseColor=vec4( diffuse,opacity );
#include <clipping_planes_fragment>
#include <logdepthbuf_fragment>
#include <map_fragment>
#include <color_fragment>
#include <alphamap_fragment>
#include <alphatest_fragment>
#include <alphahash_fragment>
#include <specularmap_fragment>
ReflectedLight reflectedLight=ReflectedLight( vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ) );
#ifdef USE_LIGHTMAP
vec4 lightMapTexel=texture2D( lightMap,vLightMapUv );
reflectedLight.indirectDiffuse+=lightMapTexel.rgb*lightMapIntensity*RECIPROCAL_PI;
#else
reflectedLight.indirectDiffuse+=vec3( 1.0 );
#endif
#include <aomap_fragment>
reflectedLight.indirectDiffuse*=diffuseColor.rgb;
vec3 outgoingLight=reflectedLight.indirectDiffuse;
#include <envmap_fragment>
#include <opaque_fragment>
#include <tonemapping_fragment>
#include <colorspace_fragment>
#include <fog_fragment>
#include <premultiplied_alpha_fragment>
#include <dithering_fragment>
}
`;var xu=`#define LAMBERT
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main(){
#include <uv_vertex>
#include <color_vertex>
#include <morphinstance_vertex>
#include <morphcolor_vertex>
#include <batching_vertex>
#include <beginnormal_vertex>
#include <morphnormal_vertex>
#include <skinbase_vertex>
#include <skinnormal_vertex>
#include <defaultnormal_vertex>
#include <normal_vertex>
#include <begin_vertex>
#include <morphtarget_vertex>
#include <skinning_vertex>
#include <displacementmap_vertex>
#include <project_vertex>
#include <logdepthbuf_vertex>
#include <clipping_planes_vertex>
vViewPosition=-mvPosition.xyz;
#include <worldpos_vertex>
#include <envmap_vertex>
#include <shadowmap_vertex>
#include <fog_vertex>
}
`,Mu=`#define LAMBERT
uniform vec3 diffuse;
uniform vec3 emissive;
uniform float opacity;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <envmap_physical_pars_fragment>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_lambert_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main(){
vec4 diffuseColor=vec4( diffuse,opacity );
#include <clipping_planes_fragment>
ReflectedLight reflectedLight=ReflectedLight( vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ) );
vec3 totalEmissiveRadiance=emissive;
#include <logdepthbuf_fragment>
#include <map_fragment>
#include <color_fragment>
#include <alphamap_fragment>
#include <alphatest_fragment>
#include <alphahash_fragment>
#include <specularmap_fragment>
#include <normal_fragment_begin>
#include <normal_fragment_maps>
#include <emissivemap_fragment>
#include <lights_lambert_fragment>
#include <lights_fragment_begin>
#include <lights_fragment_maps>
#include <lights_fragment_end>
#include <aomap_fragment>
vec3 outgoingLight=reflectedLight.directDiffuse+reflectedLight.indirectDiffuse+totalEmissiveRadiance;
#include <envmap_fragment>
#include <opaque_fragment>
#include <tonemapping_fragment>
#include <colorspace_fragment>
#include <fog_fragment>
#include <premultiplied_alpha_fragment>
#include <dithering_fragment>
}
`;var Su=`#define PHONG
varying vec3 vViewPosition;
#include <common>
#include <batching_pars_vertex>
#include <uv_pars_vertex>
#include <displacementmap_pars_vertex>
#include <envmap_pars_vertex>
#include <color_pars_vertex>
#include <fog_pars_vertex>
#include <normal_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <shadowmap_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main(){
#include <uv_vertex>
#include <color_vertex>
#include <morphcolor_vertex>
#include <batching_vertex>
#include <beginnormal_vertex>
#include <morphinstance_vertex>
#include <morphnormal_vertex>
#include <skinbase_vertex>
#include <skinnormal_vertex>
#include <defaultnormal_vertex>
#include <normal_vertex>
#include <begin_vertex>
#include <morphtarget_vertex>
#include <skinning_vertex>
#include <displacementmap_vertex>
#include <project_vertex>
#include <logdepthbuf_vertex>
#include <clipping_planes_vertex>
vViewPosition=-mvPosition.xyz;
#include <worldpos_vertex>
#include <envmap_vertex>
#include <shadowmap_vertex>
#include <fog_vertex>
}
`,yu=`#define PHONG
uniform vec3 diffuse;
uniform vec3 emissive;
uniform vec3 specular;
uniform float shininess;
uniform float opacity;
#include <common>
#include <dithering_pars_fragment>
#include <color_pars_fragment>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <aomap_pars_fragment>
#include <lightmap_pars_fragment>
#include <emissivemap_pars_fragment>
#include <envmap_common_pars_fragment>
#include <envmap_pars_fragment>
#include <envmap_physical_pars_fragment>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <normal_pars_fragment>
#include <lights_phong_pars_fragment>
#include <shadowmap_pars_fragment>
#include <bumpmap_pars_fragment>
#include <normalmap_pars_fragment>
#include <specularmap_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main(){
vec4 diffuseColor=vec4( diffuse,opacity );
#include <clipping_planes_fragment>
ReflectedLight reflectedLight=ReflectedLight( vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ),vec3( 0.0 ) );
vec3 totalEmissiveRadiance=emissive;
#include <logdepthbuf_fragment>
#include <map_fragment>
#include <color_fragment>
#include <alphamap_fragment>
#include <alphatest_fragment>
#include <alphahash_fragment>
#include <specularmap_fragment>
#include <normal_fragment_begin>
#include <normal_fragment_maps>
#include <emissivemap_fragment>
#include <lights_phong_fragment>
#include <lights_fragment_begin>
#include <lights_fragment_maps>
#include <lights_fragment_end>
#include <aomap_fragment>
vec3 outgoingLight=reflectedLight.directDiffuse+reflectedLight.indirectDiffuse+reflectedLight.directSpecular+reflectedLight.indirectSpecular+totalEmissiveRadiance;
#include <envmap_fragment>
#include <opaque_fragment>
#include <tonemapping_fragment>
#include <colorspace_fragment>
#include <fog_fragment>
#include <premultiplied_alpha_fragment>
#include <dithering_fragment>
}
`;var Eu=`#include <common>
#include <batching_pars_vertex>
#include <fog_pars_vertex>
#include <morphtarget_pars_vertex>
#include <skinning_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <shadowmap_pars_vertex>
void main(){
#include <batching_vertex>
#include <beginnormal_vertex>
#include <morphinstance_vertex>
#include <morphnormal_vertex>
#include <skinbase_vertex>
#include <skinnormal_vertex>
#include <defaultnormal_vertex>
#include <begin_vertex>
#include <morphtarget_vertex>
#include <skinning_vertex>
#include <project_vertex>
#include <logdepthbuf_vertex>
#include <worldpos_vertex>
#include <shadowmap_vertex>
#include <fog_vertex>
}
`,Tu=`uniform vec3 color;
uniform float opacity;
#include <common>
#include <fog_pars_fragment>
#include <bsdfs>
#include <lights_pars_begin>
#include <logdepthbuf_pars_fragment>
#include <shadowmap_pars_fragment>
#include <shadowmask_pars_fragment>
void main(){
#include <logdepthbuf_fragment>
gl_FragColor=vec4( color,opacity*( 1.0-getShadowMask() ) );
#include <tonemapping_fragment>
#include <colorspace_fragment>
#include <fog_fragment>
#include <premultiplied_alpha_fragment>
}
`;var vu=`uniform float rotation;
uniform vec2 center;
#include <common>
#include <uv_pars_vertex>
#include <fog_pars_vertex>
#include <logdepthbuf_pars_vertex>
#include <clipping_planes_pars_vertex>
void main(){
#include <uv_vertex>
vec4 mvPosition=modelViewMatrix[ 3 ];
vec2 scale=vec2( length( modelMatrix[ 0 ].xyz ),length( modelMatrix[ 1 ].xyz ) );
#ifndef USE_SIZEATTENUATION
bool isPerspective=isPerspectiveMatrix( projectionMatrix );
if ( isPerspective ) scale*=-mvPosition.z;
#endif
vec2 alignedPosition=( position.xy-( center-vec2( 0.5 ) ) )*scale;
vec2 rotatedPosition;
rotatedPosition.x=cos( rotation )*alignedPosition.x-sin( rotation )*alignedPosition.y;
rotatedPosition.y=sin( rotation )*alignedPosition.x+cos( rotation )*alignedPosition.y;
mvPosition.xy+=rotatedPosition;
gl_Position=projectionMatrix*mvPosition;
#include <logdepthbuf_vertex>
#include <clipping_planes_vertex>
#include <fog_vertex>
}
`,Au=`uniform vec3 diffuse;
uniform float opacity;
#include <common>
#include <uv_pars_fragment>
#include <map_pars_fragment>
#include <alphamap_pars_fragment>
#include <alphatest_pars_fragment>
#include <alphahash_pars_fragment>
#include <fog_pars_fragment>
#include <logdepthbuf_pars_fragment>
#include <clipping_planes_pars_fragment>
void main(){
vec4 diffuseColor=vec4( diffuse,opacity );
#include <clipping_planes_fragment>
vec3 outgoingLight=vec3( 0.0 );
#include <logdepthbuf_fragment>
#include <map_fragment>
#include <alphamap_fragment>
#include <alphatest_fragment>
#include <alphahash_fragment>
outgoingLight=diffuseColor.rgb;
#include <opaque_fragment>
#include <tonemapping_fragment>
#include <colorspace_fragment>
#include <fog_fragment>
}
`;var Ie={alphahash_fragment:pc,alphahash_pars_fragment:mc,alphamap_fragment:_c,alphamap_pars_fragment:gc,alphatest_fragment:xc,alphatest_pars_fragment:Mc,aomap_fragment:Sc,aomap_pars_fragment:yc,batching_pars_vertex:Ec,batching_vertex:Tc,begin_vertex:vc,beginnormal_vertex:Ac,bsdfs:bc,iridescence_fragment:wc,bumpmap_pars_fragment:Rc,clipping_planes_fragment:Cc,clipping_planes_pars_fragment:Pc,clipping_planes_pars_vertex:Lc,clipping_planes_vertex:Dc,color_fragment:Ic,color_pars_fragment:Uc,color_pars_vertex:Nc,color_vertex:Fc,common:Oc,defaultnormal_vertex:Bc,displacementmap_pars_vertex:Gc,displacementmap_vertex:zc,emissivemap_fragment:kc,emissivemap_pars_fragment:Hc,colorspace_fragment:Vc,colorspace_pars_fragment:Wc,envmap_fragment:Xc,envmap_common_pars_fragment:Yc,envmap_pars_fragment:qc,envmap_pars_vertex:Kc,envmap_physical_pars_fragment:of,envmap_vertex:Zc,fog_vertex:Jc,fog_pars_vertex:$c,fog_fragment:Qc,fog_pars_fragment:jc,gradientmap_pars_fragment:ef,lightmap_pars_fragment:tf,lights_lambert_fragment:nf,lights_lambert_pars_fragment:rf,lights_pars_begin:sf,lights_toon_fragment:af,lights_toon_pars_fragment:lf,lights_phong_fragment:hf,lights_phong_pars_fragment:cf,lights_physical_fragment:ff,lights_physical_pars_fragment:uf,lights_fragment_begin:df,lights_fragment_maps:pf,lights_fragment_end:mf,lightprobes_pars_fragment:_f,logdepthbuf_fragment:gf,logdepthbuf_pars_fragment:xf,logdepthbuf_pars_vertex:Mf,logdepthbuf_vertex:Sf,map_fragment:yf,map_pars_fragment:Ef,map_particle_fragment:Tf,map_particle_pars_fragment:vf,metalnessmap_fragment:Af,metalnessmap_pars_fragment:bf,morphinstance_vertex:wf,morphcolor_vertex:Rf,morphnormal_vertex:Cf,morphtarget_pars_vertex:Pf,morphtarget_vertex:Lf,normal_fragment_begin:Df,normal_fragment_maps:If,normal_pars_fragment:Uf,normal_pars_vertex:Nf,normal_vertex:Ff,normalmap_pars_fragment:Of,clearcoat_normal_fragment_begin:Bf,clearcoat_normal_fragment_maps:Gf,clearcoat_pars_fragment:zf,iridescence_pars_fragment:kf,opaque_fragment:Hf,packing:Vf,premultiplied_alpha_fragment:Wf,project_vertex:Xf,dithering_fragment:Yf,dithering_pars_fragment:qf,roughnessmap_fragment:Kf,roughnessmap_pars_fragment:Zf,shadowmap_pars_fragment:Jf,shadowmap_pars_vertex:$f,shadowmap_vertex:Qf,shadowmask_pars_fragment:jf,skinbase_vertex:eu,skinning_pars_vertex:tu,skinning_vertex:iu,skinnormal_vertex:nu,specularmap_fragment:ru,specularmap_pars_fragment:su,tonemapping_fragment:ou,tonemapping_pars_fragment:au,transmission_fragment:lu,transmission_pars_fragment:hu,uv_pars_fragment:cu,uv_pars_vertex:fu,uv_vertex:uu,worldpos_vertex:du,background_vert:"",background_frag:"",backgroundCube_vert:"",backgroundCube_frag:"",cube_vert:"",cube_frag:"",depth_vert:pu,depth_frag:mu,distance_vert:"",distance_frag:"",equirect_vert:"",equirect_frag:"",linedashed_vert:"",linedashed_frag:"",meshbasic_vert:_u,meshbasic_frag:gu,meshlambert_vert:xu,meshlambert_frag:Mu,meshmatcap_vert:"",meshmatcap_frag:"",meshnormal_vert:"",meshnormal_frag:"",meshphong_vert:Su,meshphong_frag:yu,meshphysical_vert:"",meshphysical_frag:"",meshtoon_vert:"",meshtoon_frag:"",points_vert:"",points_frag:"",shadow_vert:Eu,shadow_frag:Tu,sprite_vert:vu,sprite_frag:Au};var ue={common:{diffuse:{value:new Se(16777215)},opacity:{value:1},map:{value:null},mapTransform:{value:new ve},alphaMap:{value:null},alphaMapTransform:{value:new ve},alphaTest:{value:0}},specularmap:{specularMap:{value:null},specularMapTransform:{value:new ve}},envmap:{envMap:{value:null},envMapRotation:{value:new ve},reflectivity:{value:1},ior:{value:1.5},refractionRatio:{value:.98},dfgLUT:{value:null}},aomap:{aoMap:{value:null},aoMapIntensity:{value:1},aoMapTransform:{value:new ve}},lightmap:{lightMap:{value:null},lightMapIntensity:{value:1},lightMapTransform:{value:new ve}},bumpmap:{bumpMap:{value:null},bumpMapTransform:{value:new ve},bumpScale:{value:1}},normalmap:{normalMap:{value:null},normalMapTransform:{value:new ve},normalScale:{value:new ae(1,1)}},displacementmap:{displacementMap:{value:null},displacementMapTransform:{value:new ve},displacementScale:{value:1},displacementBias:{value:0}},emissivemap:{emissiveMap:{value:null},emissiveMapTransform:{value:new ve}},metalnessmap:{metalnessMap:{value:null},metalnessMapTransform:{value:new ve}},roughnessmap:{roughnessMap:{value:null},roughnessMapTransform:{value:new ve}},gradientmap:{gradientMap:{value:null}},fog:{fogDensity:{value:25e-5},fogNear:{value:1},fogFar:{value:2e3},fogColor:{value:new Se(16777215)}},lights:{ambientLightColor:{value:[]},lightProbe:{value:[]},sunLights:{value:[],properties:{direction:{},color:{}}},sunLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},sunShadowMatrix:{value:[]},sunShadowCascade:{value:[]},directionalLights:{value:[],properties:{direction:{},color:{}}},directionalLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},directionalShadowMatrix:{value:[]},spotLights:{value:[],properties:{color:{},position:{},direction:{},distance:{},coneCos:{},penumbraCos:{},decay:{}}},spotLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{}}},spotLightMap:{value:[]},spotLightMatrix:{value:[]},pointLights:{value:[],properties:{color:{},position:{},decay:{},distance:{}}},pointLightShadows:{value:[],properties:{shadowIntensity:1,shadowBias:{},shadowNormalBias:{},shadowRadius:{},shadowMapSize:{},shadowCameraNear:{},shadowCameraFar:{}}},pointShadowMatrix:{value:[]},hemisphereLights:{value:[],properties:{direction:{},skyColor:{},groundColor:{}}},rectAreaLights:{value:[],properties:{color:{},position:{},width:{},height:{}}},ltc_1:{value:null},ltc_2:{value:null},probesSH:{value:[]},probesMin:{value:[]},probesMax:{value:[]},probesResolution:{value:[]}},points:{diffuse:{value:new Se(16777215)},opacity:{value:1},size:{value:1},scale:{value:1},map:{value:null},alphaMap:{value:null},alphaMapTransform:{value:new ve},alphaTest:{value:0},uvTransform:{value:new ve}},sprite:{diffuse:{value:new Se(16777215)},opacity:{value:1},center:{value:new ae(.5,.5)},rotation:{value:0},map:{value:null},mapTransform:{value:new ve},alphaMap:{value:null},alphaMapTransform:{value:new ve},alphaTest:{value:0}}};var mi={basic:{uniforms:Wt([ue.common,ue.specularmap,ue.envmap,ue.aomap,ue.lightmap,ue.fog]),vertexShader:Ie.meshbasic_vert,fragmentShader:Ie.meshbasic_frag},lambert:{uniforms:Wt([ue.common,ue.specularmap,ue.envmap,ue.aomap,ue.lightmap,ue.emissivemap,ue.bumpmap,ue.normalmap,ue.displacementmap,ue.fog,ue.lights,{emissive:{value:new Se(0)},envMapIntensity:{value:1}}]),vertexShader:Ie.meshlambert_vert,fragmentShader:Ie.meshlambert_frag},phong:{uniforms:Wt([ue.common,ue.specularmap,ue.envmap,ue.aomap,ue.lightmap,ue.emissivemap,ue.bumpmap,ue.normalmap,ue.displacementmap,ue.fog,ue.lights,{emissive:{value:new Se(0)},specular:{value:new Se(1118481)},shininess:{value:30},envMapIntensity:{value:1}}]),vertexShader:Ie.meshphong_vert,fragmentShader:Ie.meshphong_frag},standard:{uniforms:Wt([ue.common,ue.envmap,ue.aomap,ue.lightmap,ue.emissivemap,ue.bumpmap,ue.normalmap,ue.displacementmap,ue.roughnessmap,ue.metalnessmap,ue.fog,ue.lights,{emissive:{value:new Se(0)},roughness:{value:1},metalness:{value:0},envMapIntensity:{value:1}}]),vertexShader:Ie.meshphysical_vert,fragmentShader:Ie.meshphysical_frag},toon:{uniforms:Wt([ue.common,ue.aomap,ue.lightmap,ue.emissivemap,ue.bumpmap,ue.normalmap,ue.displacementmap,ue.gradientmap,ue.fog,ue.lights,{emissive:{value:new Se(0)}}]),vertexShader:Ie.meshtoon_vert,fragmentShader:Ie.meshtoon_frag},matcap:{uniforms:Wt([ue.common,ue.bumpmap,ue.normalmap,ue.displacementmap,ue.fog,{matcap:{value:null}}]),vertexShader:Ie.meshmatcap_vert,fragmentShader:Ie.meshmatcap_frag},points:{uniforms:Wt([ue.points,ue.fog]),vertexShader:Ie.points_vert,fragmentShader:Ie.points_frag},dashed:{uniforms:Wt([ue.common,ue.fog,{scale:{value:1},dashSize:{value:1},totalSize:{value:2}}]),vertexShader:Ie.linedashed_vert,fragmentShader:Ie.linedashed_frag},depth:{uniforms:Wt([ue.common,ue.displacementmap]),vertexShader:Ie.depth_vert,fragmentShader:Ie.depth_frag},normal:{uniforms:Wt([ue.common,ue.bumpmap,ue.normalmap,ue.displacementmap,{opacity:{value:1}}]),vertexShader:Ie.meshnormal_vert,fragmentShader:Ie.meshnormal_frag},sprite:{uniforms:Wt([ue.sprite,ue.fog]),vertexShader:Ie.sprite_vert,fragmentShader:Ie.sprite_frag},background:{uniforms:{uvTransform:{value:new ve},t2D:{value:null},backgroundIntensity:{value:1}},vertexShader:Ie.background_vert,fragmentShader:Ie.background_frag},backgroundCube:{uniforms:{envMap:{value:null},backgroundBlurriness:{value:0},backgroundIntensity:{value:1},backgroundRotation:{value:new ve}},vertexShader:Ie.backgroundCube_vert,fragmentShader:Ie.backgroundCube_frag},cube:{uniforms:{tCube:{value:null},tFlip:{value:-1},opacity:{value:1}},vertexShader:Ie.cube_vert,fragmentShader:Ie.cube_frag},equirect:{uniforms:{tEquirect:{value:null}},vertexShader:Ie.equirect_vert,fragmentShader:Ie.equirect_frag},distance:{uniforms:Wt([ue.common,ue.displacementmap,{referencePosition:{value:new C},nearDistance:{value:1},farDistance:{value:1e3}}]),vertexShader:Ie.distance_vert,fragmentShader:Ie.distance_frag},shadow:{uniforms:Wt([ue.lights,ue.fog,{color:{value:new Se(0)},opacity:{value:1}}]),vertexShader:Ie.shadow_vert,fragmentShader:Ie.shadow_frag}};mi.physical={uniforms:Wt([mi.standard.uniforms,{clearcoat:{value:0},clearcoatMap:{value:null},clearcoatMapTransform:{value:new ve},clearcoatNormalMap:{value:null},clearcoatNormalMapTransform:{value:new ve},clearcoatNormalScale:{value:new ae(1,1)},clearcoatRoughness:{value:0},clearcoatRoughnessMap:{value:null},clearcoatRoughnessMapTransform:{value:new ve},diffuseRoughness:{value:0},diffuseRoughnessMap:{value:null},diffuseRoughnessMapTransform:{value:new ve},dispersion:{value:0},retroreflectivity:{value:0},iridescence:{value:0},iridescenceMap:{value:null},iridescenceMapTransform:{value:new ve},iridescenceIOR:{value:1.3},iridescenceThicknessMinimum:{value:100},iridescenceThicknessMaximum:{value:400},iridescenceThicknessMap:{value:null},iridescenceThicknessMapTransform:{value:new ve},sheen:{value:0},sheenColor:{value:new Se(0)},sheenColorMap:{value:null},sheenColorMapTransform:{value:new ve},sheenRoughness:{value:1},sheenRoughnessMap:{value:null},sheenRoughnessMapTransform:{value:new ve},transmission:{value:0},transmissionMap:{value:null},transmissionMapTransform:{value:new ve},transmissionSamplerSize:{value:new ae},transmissionSamplerMap:{value:null},thickness:{value:0},thicknessMap:{value:null},thicknessMapTransform:{value:new ve},attenuationDistance:{value:0},attenuationColor:{value:new Se(0)},specularColor:{value:new Se(1,1,1)},specularColorMap:{value:null},specularColorMapTransform:{value:new ve},specularIntensity:{value:1},specularIntensityMap:{value:null},specularIntensityMapTransform:{value:new ve},anisotropyVector:{value:new ae},anisotropyMap:{value:null},anisotropyMapTransform:{value:new ve}}]),vertexShader:Ie.meshphysical_vert,fragmentShader:Ie.meshphysical_frag};var ua={r:0,b:0,g:0},Dp=new Me,bu=new ve;bu.set(-1,0,0,0,1,0,0,0,1);function wu(n,e,t,i,r,s){let o=new Se(0),a=r===!0?0:1,h,l,c=null,p=0,u=null;function d(S){let b=S.isScene===!0?S.background:null;if(b&&b.isTexture){let v=S.backgroundBlurriness>0;b=e.get(b,v)}return b}function M(S){let b=!1,v=d(S);v===null?m(o,a):v&&v.isColor&&(m(v,1),b=!0);let R=n.xr.getEnvironmentBlendMode();R==="additive"?t.buffers.color.setClear(0,0,0,1,s):R==="alpha-blend"&&t.buffers.color.setClear(0,0,0,0,s),(n.autoClear||b)&&(t.buffers.depth.setTest(!0),t.buffers.depth.setMask(!0),t.buffers.color.setMask(!0),n.clear(n.autoClearColor,n.autoClearDepth,n.autoClearStencil))}function E(S,b){let v=d(b);v&&v.isCubeTexture?(l===void 0&&(l=new ct(new pr(1,1,1),new Ri({name:"BackgroundCubeMaterial",uniforms:Hi(mi.backgroundCube.uniforms),vertexShader:mi.backgroundCube.vertexShader,fragmentShader:mi.backgroundCube.fragmentShader,side:ft,depthTest:!1,depthWrite:!1,fog:!1,allowOverride:!1})),l.geometry.deleteAttribute("normal"),l.geometry.deleteAttribute("uv"),l.onBeforeRender=function(R,A,_){this.matrixWorld.copyPosition(_.matrixWorld)},Object.defineProperty(l.material,"envMap",{get:function(){return this.uniforms.envMap.value}}),i.update(l)),l.material.uniforms.envMap.value=v,l.material.uniforms.backgroundBlurriness.value=b.backgroundBlurriness,l.material.uniforms.backgroundIntensity.value=b.backgroundIntensity,l.material.uniforms.backgroundRotation.value.setFromMatrix4(Dp.makeRotationFromEuler(b.backgroundRotation)).transpose(),v.isRenderTargetTexture===!1&&l.material.uniforms.backgroundRotation.value.premultiply(bu),l.material.toneMapped=Le.getTransfer(v.colorSpace)!==He,(c!==v||p!==v.version||u!==n.toneMapping)&&(l.material.needsUpdate=!0,c=v,p=v.version,u=n.toneMapping),l.layers.enableAll(),S.unshift(l,l.geometry,l.material,0,0,null)):v&&v.isTexture&&(h===void 0&&(h=new ct(new mr(2,2),new Ri({name:"BackgroundMaterial",uniforms:Hi(mi.background.uniforms),vertexShader:mi.background.vertexShader,fragmentShader:mi.background.fragmentShader,side:hi,depthTest:!1,depthWrite:!1,fog:!1,allowOverride:!1})),h.geometry.deleteAttribute("normal"),Object.defineProperty(h.material,"map",{get:function(){return this.uniforms.t2D.value}}),i.update(h)),h.material.uniforms.t2D.value=v,h.material.uniforms.backgroundIntensity.value=b.backgroundIntensity,h.material.toneMapped=Le.getTransfer(v.colorSpace)!==He,v.matrixAutoUpdate===!0&&v.updateMatrix(),h.material.uniforms.uvTransform.value.copy(v.matrix),(c!==v||p!==v.version||u!==n.toneMapping)&&(h.material.needsUpdate=!0,c=v,p=v.version,u=n.toneMapping),h.layers.enableAll(),S.unshift(h,h.geometry,h.material,0,0,null))}function m(S,b){S.getRGB(ua,na(n)),t.buffers.color.setClear(ua.r,ua.g,ua.b,b,s)}function f(){l!==void 0&&(l.geometry.dispose(),l.material.dispose(),l=void 0),h!==void 0&&(h.geometry.dispose(),h.material.dispose(),h=void 0)}return{getClearColor:function(){return o},setClearColor:function(S,b=1){o.set(S),a=b,m(o,a)},getClearAlpha:function(){return a},setClearAlpha:function(S){a=S,m(o,a)},render:M,addToRenderList:E,dispose:f}}function Ru(n,e){let t=n.getParameter(n.MAX_VERTEX_ATTRIBS),i={},r=u(null),s=r,o=!1;function a(U,G,J,P,H){let Z=!1,k=p(U,P,J,G);s!==k&&(s=k,l(s.object)),Z=d(U,P,J,H),Z&&M(U,P,J,H),H!==null&&e.update(H,n.ELEMENT_ARRAY_BUFFER),(Z||o)&&(o=!1,v(U,G,J,P),H!==null&&n.bindBuffer(n.ELEMENT_ARRAY_BUFFER,e.get(H).buffer))}function h(){return n.createVertexArray()}function l(U){return n.bindVertexArray(U)}function c(U){return n.deleteVertexArray(U)}function p(U,G,J,P){let H=P.wireframe===!0,Z=i[G.id];Z===void 0&&(Z={},i[G.id]=Z);let k=U.isInstancedMesh===!0?U.id:0,te=Z[k];te===void 0&&(te={},Z[k]=te);let W=te[J.id];W===void 0&&(W={},te[J.id]=W);let $=W[H];return $===void 0&&($=u(h()),W[H]=$),$}function u(U){let G=[],J=[],P=[];for(let H=0;H<t;H++)G[H]=0,J[H]=0,P[H]=0;return{geometry:null,program:null,wireframe:!1,newAttributes:G,enabledAttributes:J,attributeDivisors:P,object:U,attributes:{},index:null}}function d(U,G,J,P){let H=s.attributes,Z=G.attributes,k=0,te=J.getAttributes();for(let W in te)if(te[W].location>=0){let Q=H[W],Ee=Z[W];if(Ee===void 0&&(W==="instanceMatrix"&&U.instanceMatrix&&(Ee=U.instanceMatrix),W==="instanceColor"&&U.instanceColor&&(Ee=U.instanceColor)),Q===void 0||Q.attribute!==Ee||Ee&&Q.data!==Ee.data)return!0;k++}return s.attributesNum!==k||s.index!==P}function M(U,G,J,P){let H={},Z=G.attributes,k=0,te=J.getAttributes();for(let W in te)if(te[W].location>=0){let Q=Z[W];Q===void 0&&(W==="instanceMatrix"&&U.instanceMatrix&&(Q=U.instanceMatrix),W==="instanceColor"&&U.instanceColor&&(Q=U.instanceColor));let Ee={};Ee.attribute=Q,Q&&Q.data&&(Ee.data=Q.data),H[W]=Ee,k++}s.attributes=H,s.attributesNum=k,s.index=P}function E(){let U=s.newAttributes;for(let G=0,J=U.length;G<J;G++)U[G]=0}function m(U){f(U,0)}function f(U,G){let J=s.newAttributes,P=s.enabledAttributes,H=s.attributeDivisors;J[U]=1,P[U]===0&&(n.enableVertexAttribArray(U),P[U]=1),H[U]!==G&&(n.vertexAttribDivisor(U,G),H[U]=G)}function S(){let U=s.newAttributes,G=s.enabledAttributes;for(let J=0,P=G.length;J<P;J++)G[J]!==U[J]&&(n.disableVertexAttribArray(J),G[J]=0)}function b(U,G,J,P,H,Z,k){k===!0?n.vertexAttribIPointer(U,G,J,H,Z):n.vertexAttribPointer(U,G,J,P,H,Z)}function v(U,G,J,P){E();let H=P.attributes,Z=J.getAttributes(),k=G.defaultAttributeValues;for(let te in Z){let W=Z[te];if(W.location>=0){let $=H[te];if($===void 0&&(te==="instanceMatrix"&&U.instanceMatrix&&($=U.instanceMatrix),te==="instanceColor"&&U.instanceColor&&($=U.instanceColor)),$!==void 0){let Q=$.normalized,Ee=$.itemSize,Fe=e.get($);if(Fe===void 0)continue;let Oe=Fe.buffer,tt=Fe.type,$e=Fe.bytesPerElement,Qe=tt===n.INT||tt===n.UNSIGNED_INT||$.gpuType===Cn;if($.isInterleavedBufferAttribute){let Ae=$.data,je=Ae.isInterleavedBuffer===!0?Ae.stride:Ae.itemSize,_t=$.offset;if(Ae.isInstancedInterleavedBuffer||Ae.isInstancedBufferAttribute){for(let Xe=0;Xe<W.locationSize;Xe++)f(W.location+Xe,Ae.meshPerAttribute);U.isInstancedMesh!==!0&&P._maxInstanceCount===void 0&&(P._maxInstanceCount=Ae.meshPerAttribute*Ae.count)}else for(let Xe=0;Xe<W.locationSize;Xe++)m(W.location+Xe);n.bindBuffer(n.ARRAY_BUFFER,Oe);for(let Xe=0;Xe<W.locationSize;Xe++)b(W.location+Xe,Ee/W.locationSize,tt,Q,je*$e,(_t+Ee/W.locationSize*Xe)*$e,Qe)}else{if($.isInstancedBufferAttribute){for(let Ae=0;Ae<W.locationSize;Ae++)f(W.location+Ae,$.meshPerAttribute);U.isInstancedMesh!==!0&&P._maxInstanceCount===void 0&&(P._maxInstanceCount=$.meshPerAttribute*$.count)}else for(let Ae=0;Ae<W.locationSize;Ae++)m(W.location+Ae);n.bindBuffer(n.ARRAY_BUFFER,Oe);for(let Ae=0;Ae<W.locationSize;Ae++)b(W.location+Ae,Ee/W.locationSize,tt,Q,Ee*$e,Ee/W.locationSize*Ae*$e,Qe)}}else if(k!==void 0){let Q=k[te];if(Q!==void 0)switch(Q.length){case 2:n.vertexAttrib2fv(W.location,Q);break;case 3:n.vertexAttrib3fv(W.location,Q);break;case 4:n.vertexAttrib4fv(W.location,Q);break;default:n.vertexAttrib1fv(W.location,Q)}}}}S()}function R(){N();for(let U in i){let G=i[U];for(let J in G){let P=G[J];for(let H in P){let Z=P[H];for(let k in Z)c(Z[k].object),delete Z[k];delete P[H]}}delete i[U]}}function A(U){if(i[U.id]===void 0)return;let G=i[U.id];for(let J in G){let P=G[J];for(let H in P){let Z=P[H];for(let k in Z)c(Z[k].object),delete Z[k];delete P[H]}}delete i[U.id]}function _(U){for(let G in i){let J=i[G];for(let P in J){let H=J[P];if(H[U.id]===void 0)continue;let Z=H[U.id];for(let k in Z)c(Z[k].object),delete Z[k];delete H[U.id]}}}function y(U){for(let G in i){let J=i[G],P=U.isInstancedMesh===!0?U.id:0,H=J[P];if(H!==void 0){for(let Z in H){let k=H[Z];for(let te in k)c(k[te].object),delete k[te];delete H[Z]}delete J[P],Object.keys(J).length===0&&delete i[G]}}}function N(){D(),o=!0,s!==r&&(s=r,l(s.object))}function D(){r.geometry=null,r.program=null,r.wireframe=!1}return{setup:a,reset:N,resetDefaultState:D,dispose:R,releaseStatesOfGeometry:A,releaseStatesOfObject:y,releaseStatesOfProgram:_,initAttributes:E,enableAttribute:m,disableUnusedAttributes:S}}function Cu(n,e,t){let i;function r(h){i=h}function s(h,l){n.drawArrays(i,h,l),t.update(l,i,1)}function o(h,l,c){c!==0&&(n.drawArraysInstanced(i,h,l,c),t.update(l,i,c))}function a(h,l,c){if(c===0)return;e.get("WEBGL_multi_draw").multiDrawArraysWEBGL(i,h,0,l,0,c);let u=0;for(let d=0;d<c;d++)u+=l[d];t.update(u,i,1)}this.setMode=r,this.render=s,this.renderInstances=o,this.renderMultiDraw=a}function Pu(n,e,t,i){let r;function s(){if(r!==void 0)return r;if(e.has("EXT_texture_filter_anisotropic")===!0){let _=e.get("EXT_texture_filter_anisotropic");r=n.getParameter(_.MAX_TEXTURE_MAX_ANISOTROPY_EXT)}else r=0;return r}function o(_){return!(_!==qt&&i.convert(_)!==n.getParameter(n.IMPLEMENTATION_COLOR_READ_FORMAT))}function a(_){let y=_===Jt&&(e.has("EXT_color_buffer_half_float")||e.has("EXT_color_buffer_float"));return!(_!==wt&&_!==ut&&!y&&i.convert(_)!==n.getParameter(n.IMPLEMENTATION_COLOR_READ_TYPE))}function h(_){if(_==="highp"){if(n.getShaderPrecisionFormat(n.VERTEX_SHADER,n.HIGH_FLOAT).precision>0&&n.getShaderPrecisionFormat(n.FRAGMENT_SHADER,n.HIGH_FLOAT).precision>0)return"highp";_="mediump"}return _==="mediump"&&n.getShaderPrecisionFormat(n.VERTEX_SHADER,n.MEDIUM_FLOAT).precision>0&&n.getShaderPrecisionFormat(n.FRAGMENT_SHADER,n.MEDIUM_FLOAT).precision>0?"mediump":"lowp"}let l=t.precision!==void 0?t.precision:"highp",c=h(l);c!==l&&(me("WebGLRenderer:",l,"not supported, using",c,"instead."),l=c);let p=t.reversedDepthBuffer===!0&&e.has("EXT_clip_control"),u=t.logarithmicDepthBuffer===!0&&p===!1;t.reversedDepthBuffer===!0&&p===!1&&me("WebGLRenderer: Unable to use reversed depth buffer due to missing EXT_clip_control extension. Fallback to default depth buffer."),t.logarithmicDepthBuffer===!0&&p===!0&&me("WebGLRenderer: Logarithmic depth buffer is ignored when reversed depth buffer is enabled.");let d=n.getParameter(n.MAX_TEXTURE_IMAGE_UNITS),M=n.getParameter(n.MAX_VERTEX_TEXTURE_IMAGE_UNITS),E=n.getParameter(n.MAX_TEXTURE_SIZE),m=n.getParameter(n.MAX_CUBE_MAP_TEXTURE_SIZE),f=n.getParameter(n.MAX_VERTEX_ATTRIBS),S=n.getParameter(n.MAX_VERTEX_UNIFORM_VECTORS),b=n.getParameter(n.MAX_VARYING_VECTORS),v=n.getParameter(n.MAX_FRAGMENT_UNIFORM_VECTORS),R=n.getParameter(n.MAX_SAMPLES),A=n.getParameter(n.SAMPLES);return{isWebGL2:!0,getMaxAnisotropy:s,getMaxPrecision:h,textureFormatReadable:o,textureTypeReadable:a,precision:l,logarithmicDepthBuffer:u,reversedDepthBuffer:p,maxTextures:d,maxVertexTextures:M,maxTextureSize:E,maxCubemapSize:m,maxAttributes:f,maxVertexUniforms:S,maxVaryings:b,maxFragmentUniforms:v,maxSamples:R,samples:A}}function Lu(n){let e=this,t=null,i=0,r=!1,s=!1,o=new Vt,a=new ve,h={value:null,needsUpdate:!1};this.uniform=h,this.numPlanes=0,this.numIntersection=0,this.init=function(p,u){let d=p.length!==0||u||i!==0||r;return r=u,i=p.length,d},this.beginShadows=function(){s=!0,c(null)},this.endShadows=function(){s=!1},this.setGlobalState=function(p,u){t=c(p,u,0)},this.setState=function(p,u,d){let M=p.clippingPlanes,E=p.clipIntersection,m=p.clipShadows,f=n.get(p);if(!r||M===null||M.length===0||s&&!m)s?c(null):l();else{let S=s?0:i,b=S*4,v=f.clippingState||null;h.value=v,v=c(M,u,b,d);for(let R=0;R!==b;++R)v[R]=t[R];f.clippingState=v,this.numIntersection=E?this.numPlanes:0,this.numPlanes+=S}};function l(){h.value!==t&&(h.value=t,h.needsUpdate=i>0),e.numPlanes=i,e.numIntersection=0}function c(p,u,d,M){let E=p!==null?p.length:0,m=null;if(E!==0){if(m=h.value,M!==!0||m===null){let f=d+E*4,S=u.matrixWorldInverse;a.getNormalMatrix(S),(m===null||m.length<f)&&(m=new Float32Array(f));for(let b=0,v=d;b!==E;++b,v+=4)o.copy(p[b]).applyMatrix4(S,a),o.normal.toArray(m,v),m[v+3]=o.constant}h.value=m,h.needsUpdate=!0}return e.numPlanes=E,e.numIntersection=0,m}}var Vs=class{dispose(){}};var Tr=class extends $t{constructor(e=1,t={}){super(e,e,t),this.isWebGLCubeRenderTarget=!0;let i={width:e,height:e,depth:1},r=[i,i,i,i,i,i];this.texture=new ur(r),this._setTextureOptions(t),this.texture.isRenderTargetTexture=!0}fromEquirectangularTexture(e,t){this.texture.type=t.type,this.texture.colorSpace=t.colorSpace,this.texture.generateMipmaps=t.generateMipmaps,this.texture.minFilter=t.minFilter,this.texture.magFilter=t.magFilter;let i={uniforms:{tEquirect:{value:null}},vertexShader:`

				varying vec3 vWorldDirection;

				vec3 transformDirection( in vec3 dir, in mat4 matrix ) {

					return normalize( ( matrix * vec4( dir, 0.0 ) ).xyz );

				}

				void main() {

					vWorldDirection = transformDirection( position, modelMatrix );

					#include <begin_vertex>
					#include <project_vertex>

				}
			`,fragmentShader:`

				uniform sampler2D tEquirect;

				varying vec3 vWorldDirection;

				#include <common>

				void main() {

					vec3 direction = normalize( vWorldDirection );

					vec2 sampleUV = equirectUv( direction );

					gl_FragColor = texture2D( tEquirect, sampleUV );

				}
			`},r=new pr(5,5,5),s=new Ri({name:"CubemapFromEquirect",uniforms:Hi(i.uniforms),vertexShader:i.vertexShader,fragmentShader:i.fragmentShader,side:ft,blending:qi});s.uniforms.tEquirect.value=t;let o=new ct(r,s),a=t.minFilter;return t.minFilter===xi&&(t.minFilter=St),new fa(1,10,this).update(e,o),t.minFilter=a,o.geometry.dispose(),o.material.dispose(),this}clear(e,t=!0,i=!0,r=!0){let s=e.getRenderTarget();for(let o=0;o<6;o++)e.setRenderTarget(this,o),e.clear(t,i,r);e.setRenderTarget(s)}};function Du(n){let e=new WeakMap,t=new WeakMap,i=null;function r(u,d=!1){return u==null?null:d?o(u):s(u)}function s(u){if(u&&u.isTexture){let d=u.mapping;if(d===so||d===oo)if(e.has(u)){let M=e.get(u).texture;return a(M,u.mapping)}else{let M=u.image;if(M&&M.height>0){let E=new Tr(M.height);return E.fromEquirectangularTexture(n,u),e.set(u,E),u.addEventListener("dispose",l),a(E.texture,u.mapping)}else return null}}return u}function o(u){if(u&&u.isTexture&&u.isPMREMTexture!==!0){let d=u.mapping,M=d===so||d===oo,E=d===pn||d===Ur;if(M||E){let m=t.get(u),f=m!==void 0?m.texture.pmremVersion:0;if(u.isRenderTargetTexture&&u.pmremVersion!==f)return i===null&&(i=new Vs(n)),m=M?i.fromEquirectangular(u,m):i.fromCubemap(u,m),m.texture.pmremVersion=u.pmremVersion,t.set(u,m),m.texture;if(m!==void 0)return m.texture;{let S=u.image;return M&&S&&S.height>0||E&&S&&h(S)?(i===null&&(i=new Vs(n)),m=M?i.fromEquirectangular(u):i.fromCubemap(u),m.texture.pmremVersion=u.pmremVersion,t.set(u,m),u.addEventListener("dispose",c),m.texture):null}}}return u}function a(u,d){return d===so?u.mapping=pn:d===oo&&(u.mapping=Ur),u}function h(u){let d=0,M=6;for(let E=0;E<M;E++)u[E]!==void 0&&d++;return d===M}function l(u){let d=u.target;d.removeEventListener("dispose",l);let M=e.get(d);M!==void 0&&(e.delete(d),M.dispose())}function c(u){let d=u.target;d.removeEventListener("dispose",c);let M=t.get(d);M!==void 0&&(t.delete(d),M.dispose())}function p(){e=new WeakMap,t=new WeakMap,i!==null&&(i.dispose(),i=null)}return{get:r,dispose:p}}function Iu(n){let e={};function t(i){if(e[i]!==void 0)return e[i];let r=n.getExtension(i);return e[i]=r,r}return{has:function(i){return t(i)!==null},init:function(){t("EXT_color_buffer_float"),t("WEBGL_clip_cull_distance"),t("OES_texture_float_linear"),t("EXT_color_buffer_half_float"),t("WEBGL_multisampled_render_to_texture"),t("WEBGL_render_shared_exponent")},get:function(i){let r=t(i);return r===null&&xn("WebGLRenderer: "+i+" extension not supported."),r}}}function Uu(n,e,t,i){let r={},s=new WeakMap,o=new FinalizationRegistry(M=>delete r[M]);function a(M){h(M.target)}function h(M){M.index!==null&&e.remove(M.index);for(let m in M.attributes)e.remove(M.attributes[m]);M.removeEventListener("dispose",a),delete r[M.id],o.unregister(M);let E=s.get(M);E&&(e.remove(E),s.delete(M)),i.releaseStatesOfGeometry(M),M.isInstancedBufferGeometry===!0&&delete M._maxInstanceCount,t.memory.geometries--}function l(M,E){return r[E.id]!==void 0||(E.addEventListener("dispose",a),r[E.id]=new WeakRef(E),o.register(E,E.id,E),t.memory.geometries++),E}function c(M){let E=M.attributes;for(let m in E)e.update(E[m],n.ARRAY_BUFFER)}function p(M){let E=M.index,m=M.attributes.position,f=0;if(m===void 0)return;let S=E!==null?E.array.length:m.array.length/3-1,b=m.count>=65535?rr:nr,v=new b(Math.ceil(S/3)*6,1),R=v.array;if(E!==null){let _=E.array;f=E.version;for(let y=0,N=0;y<S;y+=3){let D=_[y+0],U=_[y+1],G=_[y+2];R[N++]=D,R[N++]=U,R[N++]=U,R[N++]=G,R[N++]=G,R[N++]=D}}else{f=m.version;for(let _=0,y=0;_<S;_+=3){let N=_+0,D=_+1,U=_+2;R[y++]=N,R[y++]=D,R[y++]=D,R[y++]=U,R[y++]=U,R[y++]=N}}v.version=f;let A=s.get(M);A&&e.remove(A),s.set(M,v)}function u(M){let E=s.get(M);if(E){let m=M.index;m!==null&&E.version<m.version&&p(M)}else p(M);return s.get(M)}function d(){for(let M in r){let E=r[M].deref();E!==void 0&&h(E)}}return{get:l,update:c,getWireframeAttribute:u,dispose:d}}function Nu(n,e,t){let i;function r(p){i=p}let s,o;function a(p){s=p.type,o=p.bytesPerElement}function h(p,u){n.drawElements(i,u,s,p*o),t.update(u,i,1)}function l(p,u,d){d!==0&&(n.drawElementsInstanced(i,u,s,p*o,d),t.update(u,i,d))}function c(p,u,d){if(d===0)return;e.get("WEBGL_multi_draw").multiDrawElementsWEBGL(i,u,0,s,p,0,d);let E=0;for(let m=0;m<d;m++)E+=u[m];t.update(E,i,1)}this.setMode=r,this.setIndex=a,this.render=h,this.renderInstances=l,this.renderMultiDraw=c}function Fu(n){let e={geometries:0,textures:0},t={frame:0,calls:0,triangles:0,points:0,lines:0};function i(s,o,a){switch(t.calls++,o){case n.TRIANGLES:t.triangles+=a*(s/3);break;case n.LINES:t.lines+=a*(s/2);break;case n.LINE_STRIP:t.lines+=a*(s-1);break;case n.LINE_LOOP:t.lines+=a*s;break;case n.POINTS:t.points+=a*s;break;default:Ne("WebGLInfo: Unknown draw mode:",o);break}}function r(){t.calls=0,t.triangles=0,t.points=0,t.lines=0}return{memory:e,render:t,programs:null,autoReset:!0,reset:r,update:i}}function Ou(n,e,t){let i=new WeakMap,r=new Ve;function s(o,a,h){let l=o.morphTargetInfluences,c=a.morphAttributes.position||a.morphAttributes.normal||a.morphAttributes.color,p=c!==void 0?c.length:0,u=i.get(a);if(u===void 0||u.count!==p){let N=function(){_.dispose(),i.delete(a),a.removeEventListener("dispose",N)};u!==void 0&&u.texture.dispose();let d=a.morphAttributes.position!==void 0,M=a.morphAttributes.normal!==void 0,E=a.morphAttributes.color!==void 0,m=a.morphAttributes.position||[],f=a.morphAttributes.normal||[],S=a.morphAttributes.color||[],b=0;d===!0&&(b=1),M===!0&&(b=2),E===!0&&(b=3);let v=a.attributes.position.count*b,R=1;v>e.maxTextureSize&&(R=Math.ceil(v/e.maxTextureSize),v=e.maxTextureSize);let A=new Float32Array(v*R*4*p),_=new qn(A,v,R,p);_.type=ut,_.needsUpdate=!0;let y=b*4;for(let D=0;D<p;D++){let U=m[D],G=f[D],J=S[D],P=v*R*4*D;for(let H=0;H<U.count;H++){let Z=H*y;d===!0&&(r.fromBufferAttribute(U,H),A[P+Z+0]=r.x,A[P+Z+1]=r.y,A[P+Z+2]=r.z,A[P+Z+3]=0),M===!0&&(r.fromBufferAttribute(G,H),A[P+Z+4]=r.x,A[P+Z+5]=r.y,A[P+Z+6]=r.z,A[P+Z+7]=0),E===!0&&(r.fromBufferAttribute(J,H),A[P+Z+8]=r.x,A[P+Z+9]=r.y,A[P+Z+10]=r.z,A[P+Z+11]=J.itemSize===4?r.w:1)}}u={count:p,texture:_,size:new ae(v,R)},i.set(a,u),a.addEventListener("dispose",N)}if(o.isInstancedMesh===!0&&o.morphTexture!==null)h.getUniforms().setValue(n,"morphTexture",o.morphTexture,t);else{let d=0;for(let E=0;E<l.length;E++)d+=l[E];let M=a.morphTargetsRelative?1:1-d;h.getUniforms().setValue(n,"morphTargetBaseInfluence",M),h.getUniforms().setValue(n,"morphTargetInfluences",l)}h.getUniforms().setValue(n,"morphTargetsTexture",u.texture,t),h.getUniforms().setValue(n,"morphTargetsTextureSize",u.size)}return{update:s}}function Bu(n,e,t,i,r){let s=new WeakMap;function o(l){let c=r.render.frame,p=l.geometry,u=e.get(l,p);if(s.get(u)!==c&&(e.update(u),s.set(u,c)),l.isInstancedMesh&&(l.hasEventListener("dispose",h)===!1&&l.addEventListener("dispose",h),s.get(l)!==c&&(t.update(l.instanceMatrix,n.ARRAY_BUFFER),l.instanceColor!==null&&t.update(l.instanceColor,n.ARRAY_BUFFER),s.set(l,c))),l.isSkinnedMesh){let d=l.skeleton;s.get(d)!==c&&(d.update(),s.set(d,c))}return u}function a(){s=new WeakMap}function h(l){let c=l.target;c.removeEventListener("dispose",h),i.releaseStatesOfObject(c),t.remove(c.instanceMatrix),c.instanceColor!==null&&t.remove(c.instanceColor)}return{update:o,dispose:a}}var Ip={[Qs]:"LINEAR_TONE_MAPPING",[js]:"REINHARD_TONE_MAPPING",[eo]:"CINEON_TONE_MAPPING",[to]:"ACES_FILMIC_TONE_MAPPING",[no]:"AGX_TONE_MAPPING",[ro]:"NEUTRAL_TONE_MAPPING",[io]:"CUSTOM_TONE_MAPPING"};function Gu(n,e,t,i,r,s){let o=new $t(e,t,{type:n,depthBuffer:r,stencilBuffer:s,samples:i?4:0,storeMultisampledDepthBuffer:!1,storeMultisampledStencilBuffer:!1,resolveDepthBuffer:!1,resolveStencilBuffer:!1}),a=null,h=null,l=null,c=new qe;c.setAttribute("position",new Be([-1,3,0,-1,-1,0,3,-1,0],3)),c.setAttribute("uv",new Be([0,2,0,0,2,0],2));let p=new ra({uniforms:{tDiffuse:{value:null}},vertexShader:`
			precision highp float;

			uniform mat4 modelViewMatrix;
			uniform mat4 projectionMatrix;

			attribute vec3 position;
			attribute vec2 uv;

			varying vec2 vUv;

			void main() {
				vUv = uv;
				gl_Position = projectionMatrix * modelViewMatrix * vec4( position, 1.0 );
			}`,fragmentShader:`
			precision highp float;

			uniform sampler2D tDiffuse;

			varying vec2 vUv;

			#include <tonemapping_pars_fragment>
			#include <colorspace_pars_fragment>

			void main() {
				gl_FragColor = texture2D( tDiffuse, vUv );

				#ifdef LINEAR_TONE_MAPPING
					gl_FragColor.rgb = LinearToneMapping( gl_FragColor.rgb );
				#elif defined( REINHARD_TONE_MAPPING )
					gl_FragColor.rgb = ReinhardToneMapping( gl_FragColor.rgb );
				#elif defined( CINEON_TONE_MAPPING )
					gl_FragColor.rgb = CineonToneMapping( gl_FragColor.rgb );
				#elif defined( ACES_FILMIC_TONE_MAPPING )
					gl_FragColor.rgb = ACESFilmicToneMapping( gl_FragColor.rgb );
				#elif defined( AGX_TONE_MAPPING )
					gl_FragColor.rgb = AgXToneMapping( gl_FragColor.rgb );
				#elif defined( NEUTRAL_TONE_MAPPING )
					gl_FragColor.rgb = NeutralToneMapping( gl_FragColor.rgb );
				#elif defined( CUSTOM_TONE_MAPPING )
					gl_FragColor.rgb = CustomToneMapping( gl_FragColor.rgb );
				#endif

				#ifdef SRGB_TRANSFER
					gl_FragColor = sRGBTransferOETF( gl_FragColor );
				#endif
			}`,depthTest:!1,depthWrite:!1}),u=new ct(c,p),d=new Mr(-1,1,1,-1,0,1),M=null,E=null,m=!1,f,S=null,b=[],v=!1;this.setSize=function(R,A){o.setSize(R,A),a!==null&&a.setSize(R,A),h!==null&&h.setSize(R,A);for(let _=0;_<b.length;_++){let y=b[_];y.setSize&&y.setSize(R,A)}},this.setEffects=function(R){b=R,v=b.length>0&&b[0].isRenderPass===!0;let A=o.width,_=o.height;b.length>0&&a===null&&(a=new $t(A,_,{type:Jt,depthBuffer:!1,stencilBuffer:!1}),h=new $t(A,_,{type:Jt,depthBuffer:!1,stencilBuffer:!1}));let y=r===!0&&b.some(N=>N.needsDepthTexture===!0);y!==(o.depthTexture!==null)&&(y===!0&&l===null&&(l=new wi(A,_),s===!0&&(l.format=Mi,l.type=Ui)),o.dispose(),o.depthTexture=y?l:null,o.resolveDepthBuffer=y,o.storeMultisampledDepthBuffer=y);for(let N=0;N<b.length;N++){let D=b[N];D.setSize&&D.setSize(A,_),y&&D.needsDepthTexture===!0&&D.setDepthTexture&&D.setDepthTexture(l)}},this.begin=function(R,A){if(m||R.toneMapping===ii&&b.length===0)return!1;if(S=A,A!==null){let _=A.width,y=A.height;(o.width!==_||o.height!==y)&&this.setSize(_,y)}return v===!1&&R.setRenderTarget(o),f=R.toneMapping,R.toneMapping=ii,!0},this.hasRenderPass=function(){return v},this.end=function(R,A){R.toneMapping=f,m=!0;let _=o,y=a;for(let N=0;N<b.length;N++){let D=b[N];D.enabled!==!1&&(D.render(R,y,_,A),D.needsSwap!==!1&&(_=y,y=y===a?h:a))}if(M!==R.outputColorSpace||E!==R.toneMapping){M=R.outputColorSpace,E=R.toneMapping,p.defines={},Le.getTransfer(M)===He&&(p.defines.SRGB_TRANSFER="");let N=Ip[E];N&&(p.defines[N]=""),p.needsUpdate=!0}p.uniforms.tDiffuse.value=_.texture,R.setRenderTarget(S),R.render(u,d),S=null,m=!1},this.isCompositing=function(){return m},this.dispose=function(){o.dispose(),a!==null&&a.dispose(),h!==null&&h.dispose(),c.dispose(),p.dispose()}}var Yu=new dt,qu=new wi(1,1),Ku=new dr(1),Zu=new qn,Ju=new To,$u=new ur,zu=[],ku=[],Hu=new Float32Array(16),Vu=new Float32Array(9),Wu=new Float32Array(4);function vr(n,e,t){let i=n[0];if(i<=0||i>0)return n;let r=e*t,s=zu[r];if(s===void 0&&(s=new Float32Array(r),zu[r]=s),e!==0){i.toArray(s,0);for(let o=1,a=0;o!==e;++o)a+=t,n[o].toArray(s,a)}return s}function yt(n,e){if(n.length!==e.length)return!1;for(let t=0,i=n.length;t<i;t++)if(n[t]!==e[t])return!1;return!0}function Et(n,e){for(let t=0,i=e.length;t<i;t++)n[t]=e[t]}function da(n,e){let t=ku[e];t===void 0&&(t=new Int32Array(e),ku[e]=t);for(let i=0;i!==e;++i)t[i]=n.allocateTextureUnit();return t}function Up(n,e){let t=this.cache;t[0]!==e&&(n.uniform1f(this.addr,e),t[0]=e)}function Np(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y)&&(n.uniform2f(this.addr,e.x,e.y),t[0]=e.x,t[1]=e.y);else{if(yt(t,e))return;n.uniform2fv(this.addr,e),Et(t,e)}}function Fp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z)&&(n.uniform3f(this.addr,e.x,e.y,e.z),t[0]=e.x,t[1]=e.y,t[2]=e.z);else if(e.r!==void 0)(t[0]!==e.r||t[1]!==e.g||t[2]!==e.b)&&(n.uniform3f(this.addr,e.r,e.g,e.b),t[0]=e.r,t[1]=e.g,t[2]=e.b);else{if(yt(t,e))return;n.uniform3fv(this.addr,e),Et(t,e)}}function Op(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z||t[3]!==e.w)&&(n.uniform4f(this.addr,e.x,e.y,e.z,e.w),t[0]=e.x,t[1]=e.y,t[2]=e.z,t[3]=e.w);else{if(yt(t,e))return;n.uniform4fv(this.addr,e),Et(t,e)}}function Bp(n,e){let t=this.cache,i=e.elements;if(i===void 0){if(yt(t,e))return;n.uniformMatrix2fv(this.addr,!1,e),Et(t,e)}else{if(yt(t,i))return;Wu.set(i),n.uniformMatrix2fv(this.addr,!1,Wu),Et(t,i)}}function Gp(n,e){let t=this.cache,i=e.elements;if(i===void 0){if(yt(t,e))return;n.uniformMatrix3fv(this.addr,!1,e),Et(t,e)}else{if(yt(t,i))return;Vu.set(i),n.uniformMatrix3fv(this.addr,!1,Vu),Et(t,i)}}function zp(n,e){let t=this.cache,i=e.elements;if(i===void 0){if(yt(t,e))return;n.uniformMatrix4fv(this.addr,!1,e),Et(t,e)}else{if(yt(t,i))return;Hu.set(i),n.uniformMatrix4fv(this.addr,!1,Hu),Et(t,i)}}function kp(n,e){let t=this.cache;t[0]!==e&&(n.uniform1i(this.addr,e),t[0]=e)}function Hp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y)&&(n.uniform2i(this.addr,e.x,e.y),t[0]=e.x,t[1]=e.y);else{if(yt(t,e))return;n.uniform2iv(this.addr,e),Et(t,e)}}function Vp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z)&&(n.uniform3i(this.addr,e.x,e.y,e.z),t[0]=e.x,t[1]=e.y,t[2]=e.z);else{if(yt(t,e))return;n.uniform3iv(this.addr,e),Et(t,e)}}function Wp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z||t[3]!==e.w)&&(n.uniform4i(this.addr,e.x,e.y,e.z,e.w),t[0]=e.x,t[1]=e.y,t[2]=e.z,t[3]=e.w);else{if(yt(t,e))return;n.uniform4iv(this.addr,e),Et(t,e)}}function Xp(n,e){let t=this.cache;t[0]!==e&&(n.uniform1ui(this.addr,e),t[0]=e)}function Yp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y)&&(n.uniform2ui(this.addr,e.x,e.y),t[0]=e.x,t[1]=e.y);else{if(yt(t,e))return;n.uniform2uiv(this.addr,e),Et(t,e)}}function qp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z)&&(n.uniform3ui(this.addr,e.x,e.y,e.z),t[0]=e.x,t[1]=e.y,t[2]=e.z);else{if(yt(t,e))return;n.uniform3uiv(this.addr,e),Et(t,e)}}function Kp(n,e){let t=this.cache;if(e.x!==void 0)(t[0]!==e.x||t[1]!==e.y||t[2]!==e.z||t[3]!==e.w)&&(n.uniform4ui(this.addr,e.x,e.y,e.z,e.w),t[0]=e.x,t[1]=e.y,t[2]=e.z,t[3]=e.w);else{if(yt(t,e))return;n.uniform4uiv(this.addr,e),Et(t,e)}}function pa(n){return n.version===0&&(n.compareFunction=xo,n.needsUpdate=!0),n}function Zp(n,e,t){let i=this.cache,r=t.allocateTextureUnit();i[0]!==r&&(n.uniform1i(this.addr,r),i[0]=r);let s;this.type===n.SAMPLER_2D_SHADOW?s=pa(qu):s=Yu,t.setTexture2D(e||s,r)}function Jp(n,e,t){let i=this.cache,r=t.allocateTextureUnit();i[0]!==r&&(n.uniform1i(this.addr,r),i[0]=r),t.setTexture3D(e||Ju,r)}function $p(n,e,t){let i=this.cache,r=t.allocateTextureUnit();i[0]!==r&&(n.uniform1i(this.addr,r),i[0]=r);let s;this.type===n.SAMPLER_CUBE_SHADOW?s=pa(Ku):s=$u,t.setTextureCube(e||s,r)}function Qp(n,e,t){let i=this.cache,r=t.allocateTextureUnit();i[0]!==r&&(n.uniform1i(this.addr,r),i[0]=r),t.setTexture2DArray(e||Zu,r)}function jp(n){switch(n){case 5126:return Up;case 35664:return Np;case 35665:return Fp;case 35666:return Op;case 35674:return Bp;case 35675:return Gp;case 35676:return zp;case 5124:case 35670:return kp;case 35667:case 35671:return Hp;case 35668:case 35672:return Vp;case 35669:case 35673:return Wp;case 5125:return Xp;case 36294:return Yp;case 36295:return qp;case 36296:return Kp;case 35678:case 36198:case 36298:case 36306:case 35682:return Zp;case 35679:case 36299:case 36307:return Jp;case 35680:case 36300:case 36308:case 36293:return $p;case 36289:case 36303:case 36311:case 36292:return Qp}}function em(n,e){n.uniform1fv(this.addr,e)}function tm(n,e){let t=vr(e,this.size,2);n.uniform2fv(this.addr,t)}function im(n,e){let t=vr(e,this.size,3);n.uniform3fv(this.addr,t)}function nm(n,e){let t=vr(e,this.size,4);n.uniform4fv(this.addr,t)}function rm(n,e){let t=vr(e,this.size,4);n.uniformMatrix2fv(this.addr,!1,t)}function sm(n,e){let t=vr(e,this.size,9);n.uniformMatrix3fv(this.addr,!1,t)}function om(n,e){let t=vr(e,this.size,16);n.uniformMatrix4fv(this.addr,!1,t)}function am(n,e){n.uniform1iv(this.addr,e)}function lm(n,e){n.uniform2iv(this.addr,e)}function hm(n,e){n.uniform3iv(this.addr,e)}function cm(n,e){n.uniform4iv(this.addr,e)}function fm(n,e){n.uniform1uiv(this.addr,e)}function um(n,e){n.uniform2uiv(this.addr,e)}function dm(n,e){n.uniform3uiv(this.addr,e)}function pm(n,e){n.uniform4uiv(this.addr,e)}function mm(n,e,t){let i=this.cache,r=e.length,s=da(t,r);yt(i,s)||(n.uniform1iv(this.addr,s),Et(i,s));let o;this.type===n.SAMPLER_2D_SHADOW?o=pa(qu):o=Yu;for(let a=0;a!==r;++a)t.setTexture2D(e[a]||o,s[a])}function _m(n,e,t){let i=this.cache,r=e.length,s=da(t,r);yt(i,s)||(n.uniform1iv(this.addr,s),Et(i,s));for(let o=0;o!==r;++o)t.setTexture3D(e[o]||Ju,s[o])}function gm(n,e,t){let i=this.cache,r=e.length,s=da(t,r);yt(i,s)||(n.uniform1iv(this.addr,s),Et(i,s));let o;this.type===n.SAMPLER_CUBE_SHADOW?o=pa(Ku):o=$u;for(let a=0;a!==r;++a)t.setTextureCube(e[a]||o,s[a])}function xm(n,e,t){let i=this.cache,r=e.length,s=da(t,r);yt(i,s)||(n.uniform1iv(this.addr,s),Et(i,s));for(let o=0;o!==r;++o)t.setTexture2DArray(e[o]||Zu,s[o])}function Mm(n){switch(n){case 5126:return em;case 35664:return tm;case 35665:return im;case 35666:return nm;case 35674:return rm;case 35675:return sm;case 35676:return om;case 5124:case 35670:return am;case 35667:case 35671:return lm;case 35668:case 35672:return hm;case 35669:case 35673:return cm;case 5125:return fm;case 36294:return um;case 36295:return dm;case 36296:return pm;case 35678:case 36198:case 36298:case 36306:case 35682:return mm;case 35679:case 36299:case 36307:return _m;case 35680:case 36300:case 36308:case 36293:return gm;case 36289:case 36303:case 36311:case 36292:return xm}}var al=class{constructor(e,t,i){this.id=e,this.addr=i,this.cache=[],this.type=t.type,this.setValue=jp(t.type)}},ll=class{constructor(e,t,i){this.id=e,this.addr=i,this.cache=[],this.type=t.type,this.size=t.size,this.setValue=Mm(t.type)}},hl=class{constructor(e){this.id=e,this.seq=[],this.map={}}setValue(e,t,i){let r=this.seq;for(let s=0,o=r.length;s!==o;++s){let a=r[s];a.setValue(e,t[a.id],i)}}},ol=/(\w+)(\])?(\[|\.)?/g;function Xu(n,e){n.seq.push(e),n.map[e.id]=e}function Sm(n,e,t){let i=n.name,r=i.length;for(ol.lastIndex=0;;){let s=ol.exec(i),o=ol.lastIndex,a=s[1],h=s[2]==="]",l=s[3];if(h&&(a=a|0),l===void 0||l==="["&&o+2===r){Xu(t,l===void 0?new al(a,n,e):new ll(a,n,e));break}else{let p=t.map[a];p===void 0&&(p=new hl(a),Xu(t,p)),t=p}}}var on=class{constructor(e,t){this.seq=[],this.map={};let i=e.getProgramParameter(t,e.ACTIVE_UNIFORMS);for(let o=0;o<i;++o){let a=e.getActiveUniform(t,o),h=e.getUniformLocation(t,a.name);Sm(a,h,this)}let r=[],s=[];for(let o of this.seq)o.type===e.SAMPLER_2D_SHADOW||o.type===e.SAMPLER_CUBE_SHADOW||o.type===e.SAMPLER_2D_ARRAY_SHADOW?r.push(o):s.push(o);r.length>0&&(this.seq=r.concat(s))}setValue(e,t,i,r){let s=this.map[t];s!==void 0&&s.setValue(e,i,r)}setOptional(e,t,i){let r=t[i];r!==void 0&&this.setValue(e,i,r)}static upload(e,t,i,r){for(let s=0,o=t.length;s!==o;++s){let a=t[s],h=i[a.id];h.needsUpdate!==!1&&a.setValue(e,h.value,r)}}static seqWithValue(e,t){let i=[];for(let r=0,s=e.length;r!==s;++r){let o=e[r];o.id in t&&i.push(o)}return i}};function cl(n,e,t){let i=n.createShader(e);return n.shaderSource(i,t),n.compileShader(i),i}var ym=37297,Em=0;function Tm(n,e){let t=n.split(`
`),i=[],r=Math.max(e-6,0),s=Math.min(e+6,t.length);for(let o=r;o<s;o++){let a=o+1;i.push(`${a===e?">":" "} ${a}: ${t[o]}`)}return i.join(`
`)}var Qu=new ve;function vm(n){Le._getMatrix(Qu,Le.workingColorSpace,n);let e=`mat3( ${Qu.elements.map(t=>t.toFixed(4))} )`;switch(Le.getTransfer(n)){case gn:return[e,"LinearTransferOETF"];case He:return[e,"sRGBTransferOETF"];default:return me("WebGLProgram: Unsupported color space: ",n),[e,"LinearTransferOETF"]}}function ju(n,e,t){let i=n.getShaderParameter(e,n.COMPILE_STATUS),s=(n.getShaderInfoLog(e)||"").trim();if(i&&s==="")return"";let o=/ERROR: 0:(\d+)/.exec(s);if(o){let a=parseInt(o[1]);return t.toUpperCase()+`

`+s+`

`+Tm(n.getShaderSource(e),a)}else return s}function Am(n,e){let t=vm(e);return[`vec4 ${n}( vec4 value ) {`,`	return ${t[1]}( vec4( ${t[0]} * value.rgb, value.a ) );`,"}"].join(`
`)}var bm={[Qs]:"Linear",[js]:"Reinhard",[eo]:"Cineon",[to]:"ACESFilmic",[no]:"AgX",[ro]:"Neutral",[io]:"Custom"};function wm(n,e){let t=bm[e];return t===void 0?(me("WebGLProgram: Unsupported toneMapping:",e),"vec3 "+n+"( vec3 color ) { return LinearToneMapping( color ); }"):"vec3 "+n+"( vec3 color ) { return "+t+"ToneMapping( color ); }"}var ma=new C;function Rm(){Le.getLuminanceCoefficients(ma);let n=ma.x.toFixed(4),e=ma.y.toFixed(4),t=ma.z.toFixed(4);return["float luminance( const in vec3 rgb ) {",`	const vec3 weights = vec3( ${n}, ${e}, ${t} );`,"	return dot( weights, rgb );","}"].join(`
`)}function Cm(n){return[n.extensionClipCullDistance?"#extension GL_ANGLE_clip_cull_distance : require":"",n.extensionMultiDraw?"#extension GL_ANGLE_multi_draw : require":""].filter(Ws).join(`
`)}function Pm(n){let e=[];for(let t in n){let i=n[t];i!==!1&&e.push("#define "+t+" "+i)}return e.join(`
`)}function Lm(n,e){let t={},i=n.getProgramParameter(e,n.ACTIVE_ATTRIBUTES);for(let r=0;r<i;r++){let s=n.getActiveAttrib(e,r),o=s.name,a=1;s.type===n.FLOAT_MAT2&&(a=2),s.type===n.FLOAT_MAT3&&(a=3),s.type===n.FLOAT_MAT4&&(a=4),t[o]={type:s.type,location:n.getAttribLocation(e,o),locationSize:a}}return t}function Ws(n){return n!==""}function ed(n,e){let t=e.numSpotLightShadows+e.numSpotLightMaps-e.numSpotLightShadowsWithMaps;return n.replace(/NUM_SUN_LIGHTS/g,e.numSunLights).replace(/NUM_DIR_LIGHTS/g,e.numDirLights).replace(/NUM_SPOT_LIGHTS/g,e.numSpotLights).replace(/NUM_SPOT_LIGHT_MAPS/g,e.numSpotLightMaps).replace(/NUM_SPOT_LIGHT_COORDS/g,t).replace(/NUM_RECT_AREA_LIGHTS/g,e.numRectAreaLights).replace(/NUM_POINT_LIGHTS/g,e.numPointLights).replace(/NUM_HEMI_LIGHTS/g,e.numHemiLights).replace(/NUM_SUN_LIGHT_SHADOWS/g,e.numSunLightShadows).replace(/NUM_DIR_LIGHT_SHADOWS/g,e.numDirLightShadows).replace(/NUM_SPOT_LIGHT_SHADOWS_WITH_MAPS/g,e.numSpotLightShadowsWithMaps).replace(/NUM_SPOT_LIGHT_SHADOWS/g,e.numSpotLightShadows).replace(/NUM_POINT_LIGHT_SHADOWS/g,e.numPointLightShadows).replace(/NUM_LIGHT_PROBE_GRIDS/g,e.numLightProbeGrids)}function td(n,e){return n.replace(/NUM_CLIPPING_PLANES/g,e.numClippingPlanes).replace(/UNION_CLIPPING_PLANES/g,e.numClippingPlanes-e.numClipIntersection)}var Dm=/^[ \t]*#include +<([\w\d./]+)>/gm;function fl(n){return n.replace(Dm,Im)}function Im(n,e){let t=Ie[e];if(t===void 0)throw new Error("THREE.WebGLProgram: Can not resolve #include <"+e+">");return fl(t)}var Um=/#pragma unroll_loop_start\s+for\s*\(\s*int\s+i\s*=\s*(\d+)\s*;\s*i\s*<\s*(\d+)\s*;\s*i\s*\+\+\s*\)\s*{([\s\S]+?)}\s+#pragma unroll_loop_end/g;function id(n){return n.replace(Um,Nm)}function Nm(n,e,t,i){let r="";for(let s=parseInt(e);s<parseInt(t);s++)r+=i.replace(/\[\s*i\s*\]/g,"[ "+s+" ]").replace(/UNROLLED_LOOP_INDEX/g,s);return r}function nd(n){let e=`precision ${n.precision} float;
	precision ${n.precision} int;
	precision ${n.precision} sampler2D;
	precision ${n.precision} samplerCube;
	precision ${n.precision} sampler3D;
	precision ${n.precision} sampler2DArray;
	precision ${n.precision} sampler2DShadow;
	precision ${n.precision} samplerCubeShadow;
	precision ${n.precision} sampler2DArrayShadow;
	precision ${n.precision} isampler2D;
	precision ${n.precision} isampler3D;
	precision ${n.precision} isamplerCube;
	precision ${n.precision} isampler2DArray;
	precision ${n.precision} usampler2D;
	precision ${n.precision} usampler3D;
	precision ${n.precision} usamplerCube;
	precision ${n.precision} usampler2DArray;
	`;return n.precision==="highp"?e+=`
#define HIGH_PRECISION`:n.precision==="mediump"?e+=`
#define MEDIUM_PRECISION`:n.precision==="lowp"&&(e+=`
#define LOW_PRECISION`),e}var Fm={[Yi]:"SHADOWMAP_TYPE_PCF",[dn]:"SHADOWMAP_TYPE_VSM"};function Om(n){return Fm[n.shadowMapType]||"SHADOWMAP_TYPE_BASIC"}var Bm={[Ur]:"ENVMAP_MODE_REFRACTION"};function Gm(n){return n.envMap===!1?"ENVMAP_MODE_REFLECTION":Bm[n.envMapMode]||"ENVMAP_MODE_REFLECTION"}var zm={[Rn]:"ENVMAP_BLENDING_MULTIPLY",[oh]:"ENVMAP_BLENDING_MIX",[ah]:"ENVMAP_BLENDING_ADD"};function km(n){return n.envMap===!1?"ENVMAP_BLENDING_NONE":zm[n.combine]||"ENVMAP_BLENDING_NONE"}function rd(n,e,t,i){let r=n.getContext(),s=t.defines,o=t.vertexShader,a=t.fragmentShader,h=Om(t),l=t.envMapPMREM===!0?"ENVMAP_TYPE_PMREM":"ENVMAP_TYPE_CUBE",c=Gm(t),p=km(t),u=Cm(t),d=Pm(s),M=r.createProgram(),E,m,f=t.glslVersion?"#version "+t.glslVersion+`
`:"";t.isRawShaderMaterial?(E=["#define SHADER_TYPE "+t.shaderType,"#define SHADER_NAME "+t.shaderName,d].filter(Ws).join(`
`),E.length>0&&(E+=`
`),m=["#define SHADER_TYPE "+t.shaderType,"#define SHADER_NAME "+t.shaderName,d].filter(Ws).join(`
`),m.length>0&&(m+=`
`)):(E=[nd(t),"#define SHADER_TYPE "+t.shaderType,"#define SHADER_NAME "+t.shaderName,d,t.extensionClipCullDistance?"#define USE_CLIP_DISTANCE":"",t.batching?"#define USE_BATCHING":"",t.batchingColor?"#define USE_BATCHING_COLOR":"",t.instancing?"#define USE_INSTANCING":"",t.instancingColor?"#define USE_INSTANCING_COLOR":"",t.instancingMorph?"#define USE_INSTANCING_MORPH":"",t.useFog&&t.fog?"#define USE_FOG":"",t.useFog&&t.fogExp2?"#define FOG_EXP2":"",t.map?"#define USE_MAP":"",t.envMap?"#define USE_ENVMAP":"",t.envMap?"#define "+c:"",t.lightMap?"#define USE_LIGHTMAP":"",t.aoMap?"#define USE_AOMAP":"",t.bumpMap?"#define USE_BUMPMAP":"",t.normalMap?"#define USE_NORMALMAP":"",t.normalMapObjectSpace?"#define USE_NORMALMAP_OBJECTSPACE":"",t.normalMapTangentSpace?"#define USE_NORMALMAP_TANGENTSPACE":"",t.displacementMap?"#define USE_DISPLACEMENTMAP":"",t.emissiveMap?"#define USE_EMISSIVEMAP":"",t.anisotropy?"#define USE_ANISOTROPY":"",t.anisotropyMap?"#define USE_ANISOTROPYMAP":"",t.clearcoatMap?"#define USE_CLEARCOATMAP":"",t.clearcoatRoughnessMap?"#define USE_CLEARCOAT_ROUGHNESSMAP":"",t.clearcoatNormalMap?"#define USE_CLEARCOAT_NORMALMAP":"",t.diffuseRoughnessMap?"#define USE_DIFFUSE_ROUGHNESSMAP":"",t.iridescenceMap?"#define USE_IRIDESCENCEMAP":"",t.iridescenceThicknessMap?"#define USE_IRIDESCENCE_THICKNESSMAP":"",t.specularMap?"#define USE_SPECULARMAP":"",t.specularColorMap?"#define USE_SPECULAR_COLORMAP":"",t.specularIntensityMap?"#define USE_SPECULAR_INTENSITYMAP":"",t.roughnessMap?"#define USE_ROUGHNESSMAP":"",t.metalnessMap?"#define USE_METALNESSMAP":"",t.alphaMap?"#define USE_ALPHAMAP":"",t.alphaHash?"#define USE_ALPHAHASH":"",t.transmission?"#define USE_TRANSMISSION":"",t.transmissionMap?"#define USE_TRANSMISSIONMAP":"",t.thicknessMap?"#define USE_THICKNESSMAP":"",t.sheenColorMap?"#define USE_SHEEN_COLORMAP":"",t.sheenRoughnessMap?"#define USE_SHEEN_ROUGHNESSMAP":"",t.mapUv?"#define MAP_UV "+t.mapUv:"",t.alphaMapUv?"#define ALPHAMAP_UV "+t.alphaMapUv:"",t.lightMapUv?"#define LIGHTMAP_UV "+t.lightMapUv:"",t.aoMapUv?"#define AOMAP_UV "+t.aoMapUv:"",t.emissiveMapUv?"#define EMISSIVEMAP_UV "+t.emissiveMapUv:"",t.bumpMapUv?"#define BUMPMAP_UV "+t.bumpMapUv:"",t.normalMapUv?"#define NORMALMAP_UV "+t.normalMapUv:"",t.displacementMapUv?"#define DISPLACEMENTMAP_UV "+t.displacementMapUv:"",t.metalnessMapUv?"#define METALNESSMAP_UV "+t.metalnessMapUv:"",t.roughnessMapUv?"#define ROUGHNESSMAP_UV "+t.roughnessMapUv:"",t.anisotropyMapUv?"#define ANISOTROPYMAP_UV "+t.anisotropyMapUv:"",t.clearcoatMapUv?"#define CLEARCOATMAP_UV "+t.clearcoatMapUv:"",t.clearcoatNormalMapUv?"#define CLEARCOAT_NORMALMAP_UV "+t.clearcoatNormalMapUv:"",t.clearcoatRoughnessMapUv?"#define CLEARCOAT_ROUGHNESSMAP_UV "+t.clearcoatRoughnessMapUv:"",t.diffuseRoughnessMapUv?"#define DIFFUSE_ROUGHNESSMAP_UV "+t.diffuseRoughnessMapUv:"",t.iridescenceMapUv?"#define IRIDESCENCEMAP_UV "+t.iridescenceMapUv:"",t.iridescenceThicknessMapUv?"#define IRIDESCENCE_THICKNESSMAP_UV "+t.iridescenceThicknessMapUv:"",t.sheenColorMapUv?"#define SHEEN_COLORMAP_UV "+t.sheenColorMapUv:"",t.sheenRoughnessMapUv?"#define SHEEN_ROUGHNESSMAP_UV "+t.sheenRoughnessMapUv:"",t.specularMapUv?"#define SPECULARMAP_UV "+t.specularMapUv:"",t.specularColorMapUv?"#define SPECULAR_COLORMAP_UV "+t.specularColorMapUv:"",t.specularIntensityMapUv?"#define SPECULAR_INTENSITYMAP_UV "+t.specularIntensityMapUv:"",t.transmissionMapUv?"#define TRANSMISSIONMAP_UV "+t.transmissionMapUv:"",t.thicknessMapUv?"#define THICKNESSMAP_UV "+t.thicknessMapUv:"",t.vertexTangents&&t.flatShading===!1?"#define USE_TANGENT":"",t.vertexNormals?"#define HAS_NORMAL":"",t.vertexColors?"#define USE_COLOR":"",t.vertexAlphas?"#define USE_COLOR_ALPHA":"",t.vertexUv1s?"#define USE_UV1":"",t.vertexUv2s?"#define USE_UV2":"",t.vertexUv3s?"#define USE_UV3":"",t.pointsUvs?"#define USE_POINTS_UV":"",t.flatShading?"#define FLAT_SHADED":"",t.skinning?"#define USE_SKINNING":"",t.morphTargets?"#define USE_MORPHTARGETS":"",t.morphNormals&&t.flatShading===!1?"#define USE_MORPHNORMALS":"",t.morphColors?"#define USE_MORPHCOLORS":"",t.morphTargetsCount>0?"#define MORPHTARGETS_TEXTURE_STRIDE "+t.morphTextureStride:"",t.morphTargetsCount>0?"#define MORPHTARGETS_COUNT "+t.morphTargetsCount:"",t.doubleSided?"#define DOUBLE_SIDED":"",t.flipSided?"#define FLIP_SIDED":"",t.shadowMapEnabled?"#define USE_SHADOWMAP":"",t.shadowMapEnabled?"#define "+h:"",t.sizeAttenuation?"#define USE_SIZEATTENUATION":"",t.numLightProbes>0?"#define USE_LIGHT_PROBES":"",t.logarithmicDepthBuffer?"#define USE_LOGARITHMIC_DEPTH_BUFFER":"",t.reversedDepthBuffer?"#define USE_REVERSED_DEPTH_BUFFER":"","uniform mat4 modelMatrix;","uniform mat4 modelViewMatrix;","uniform mat4 projectionMatrix;","uniform mat4 viewMatrix;","uniform mat3 normalMatrix;","uniform vec3 cameraPosition;","uniform bool isOrthographic;","#ifdef USE_INSTANCING","	attribute mat4 instanceMatrix;","#endif","#ifdef USE_INSTANCING_COLOR","	attribute vec3 instanceColor;","#endif","#ifdef USE_INSTANCING_MORPH","	uniform sampler2D morphTexture;","#endif","attribute vec3 position;","attribute vec3 normal;","attribute vec2 uv;","#ifdef USE_UV1","	attribute vec2 uv1;","#endif","#ifdef USE_UV2","	attribute vec2 uv2;","#endif","#ifdef USE_UV3","	attribute vec2 uv3;","#endif","#ifdef USE_TANGENT","	attribute vec4 tangent;","#endif","#if defined( USE_COLOR_ALPHA )","	attribute vec4 color;","#elif defined( USE_COLOR )","	attribute vec3 color;","#endif","#ifdef USE_SKINNING","	attribute vec4 skinIndex;","	attribute vec4 skinWeight;","#endif",`
`].filter(Ws).join(`
`),m=[nd(t),"#define SHADER_TYPE "+t.shaderType,"#define SHADER_NAME "+t.shaderName,d,t.useFog&&t.fog?"#define USE_FOG":"",t.useFog&&t.fogExp2?"#define FOG_EXP2":"",t.alphaToCoverage?"#define ALPHA_TO_COVERAGE":"",t.map?"#define USE_MAP":"",t.matcap?"#define USE_MATCAP":"",t.envMap?"#define USE_ENVMAP":"",t.envMap?"#define "+l:"",t.envMap?"#define "+c:"",t.envMap?"#define "+p:"",t.envMapPMREM?"#define ENVMAP_MAX_LOD "+t.envMapMaxLod+".0":"",t.envMapPMREM?"#define ENVMAP_SIZE "+t.envMapSize+".0":"",t.lightMap?"#define USE_LIGHTMAP":"",t.aoMap?"#define USE_AOMAP":"",t.bumpMap?"#define USE_BUMPMAP":"",t.normalMap?"#define USE_NORMALMAP":"",t.normalMapObjectSpace?"#define USE_NORMALMAP_OBJECTSPACE":"",t.normalMapTangentSpace?"#define USE_NORMALMAP_TANGENTSPACE":"",t.packedNormalMap?"#define USE_PACKED_NORMALMAP":"",t.emissiveMap?"#define USE_EMISSIVEMAP":"",t.anisotropy?"#define USE_ANISOTROPY":"",t.anisotropyMap?"#define USE_ANISOTROPYMAP":"",t.clearcoat?"#define USE_CLEARCOAT":"",t.clearcoatMap?"#define USE_CLEARCOATMAP":"",t.clearcoatRoughnessMap?"#define USE_CLEARCOAT_ROUGHNESSMAP":"",t.clearcoatNormalMap?"#define USE_CLEARCOAT_NORMALMAP":"",t.diffuseRoughness?"#define USE_DIFFUSE_ROUGHNESS":"",t.diffuseRoughnessMap?"#define USE_DIFFUSE_ROUGHNESSMAP":"",t.dispersion?"#define USE_DISPERSION":"",t.retroreflection?"#define USE_RETROREFLECTION":"",t.iridescence?"#define USE_IRIDESCENCE":"",t.iridescenceMap?"#define USE_IRIDESCENCEMAP":"",t.iridescenceThicknessMap?"#define USE_IRIDESCENCE_THICKNESSMAP":"",t.specularMap?"#define USE_SPECULARMAP":"",t.specularColorMap?"#define USE_SPECULAR_COLORMAP":"",t.specularIntensityMap?"#define USE_SPECULAR_INTENSITYMAP":"",t.roughnessMap?"#define USE_ROUGHNESSMAP":"",t.metalnessMap?"#define USE_METALNESSMAP":"",t.alphaMap?"#define USE_ALPHAMAP":"",t.alphaTest?"#define USE_ALPHATEST":"",t.alphaHash?"#define USE_ALPHAHASH":"",t.sheen?"#define USE_SHEEN":"",t.sheenColorMap?"#define USE_SHEEN_COLORMAP":"",t.sheenRoughnessMap?"#define USE_SHEEN_ROUGHNESSMAP":"",t.transmission?"#define USE_TRANSMISSION":"",t.transmissionMap?"#define USE_TRANSMISSIONMAP":"",t.thicknessMap?"#define USE_THICKNESSMAP":"",t.vertexTangents&&t.flatShading===!1?"#define USE_TANGENT":"",t.vertexColors||t.instancingColor?"#define USE_COLOR":"",t.vertexAlphas||t.batchingColor?"#define USE_COLOR_ALPHA":"",t.vertexUv1s?"#define USE_UV1":"",t.vertexUv2s?"#define USE_UV2":"",t.vertexUv3s?"#define USE_UV3":"",t.pointsUvs?"#define USE_POINTS_UV":"",t.gradientMap?"#define USE_GRADIENTMAP":"",t.flatShading?"#define FLAT_SHADED":"",t.doubleSided?"#define DOUBLE_SIDED":"",t.flipSided?"#define FLIP_SIDED":"",t.shadowMapEnabled?"#define USE_SHADOWMAP":"",t.shadowMapEnabled?"#define "+h:"",t.premultipliedAlpha?"#define PREMULTIPLIED_ALPHA":"",t.numLightProbes>0?"#define USE_LIGHT_PROBES":"",t.decodeVideoTexture?"#define DECODE_VIDEO_TEXTURE":"",t.decodeVideoTextureEmissive?"#define DECODE_VIDEO_TEXTURE_EMISSIVE":"",t.logarithmicDepthBuffer?"#define USE_LOGARITHMIC_DEPTH_BUFFER":"",t.reversedDepthBuffer?"#define USE_REVERSED_DEPTH_BUFFER":"","uniform mat4 viewMatrix;","uniform vec3 cameraPosition;","uniform bool isOrthographic;",t.toneMapping!==ii?"#define TONE_MAPPING":"",t.toneMapping!==ii?Ie.tonemapping_pars_fragment:"",t.toneMapping!==ii?wm("toneMapping",t.toneMapping):"",t.dithering?"#define DITHERING":"",t.opaque?"#define OPAQUE":"",Ie.colorspace_pars_fragment,Am("linearToOutputTexel",t.outputColorSpace),Rm(),t.useDepthPacking?"#define DEPTH_PACKING "+t.depthPacking:"",`
`].filter(Ws).join(`
`)),o=fl(o),o=ed(o,t),o=td(o,t),a=fl(a),a=ed(a,t),a=td(a,t),o=id(o),a=id(a),t.isRawShaderMaterial!==!0&&(f=`#version 300 es
`,E=[u,"#define attribute in","#define varying out","#define texture2D texture"].join(`
`)+`
`+E,m=["#define varying in",t.glslVersion===Da?"":"layout(location = 0) out highp vec4 pc_fragColor;",t.glslVersion===Da?"":"#define gl_FragColor pc_fragColor","#define gl_FragDepthEXT gl_FragDepth","#define texture2D texture","#define textureCube texture","#define texture2DProj textureProj","#define texture2DLodEXT textureLod","#define texture2DProjLodEXT textureProjLod","#define textureCubeLodEXT textureLod","#define texture2DGradEXT textureGrad","#define texture2DProjGradEXT textureProjGrad","#define textureCubeGradEXT textureGrad"].join(`
`)+`
`+m);let S=f+E+o,b=f+m+a,v=cl(r,r.VERTEX_SHADER,S),R=cl(r,r.FRAGMENT_SHADER,b);r.attachShader(M,v),r.attachShader(M,R),t.index0AttributeName!==void 0?r.bindAttribLocation(M,0,t.index0AttributeName):t.hasPositionAttribute===!0&&r.bindAttribLocation(M,0,"position"),r.linkProgram(M);function A(D){if(n.debug.checkShaderErrors){let U=r.getProgramInfoLog(M)||"",G=r.getShaderInfoLog(v)||"",J=r.getShaderInfoLog(R)||"",P=U.trim(),H=G.trim(),Z=J.trim(),k=!0,te=!0;if(r.getProgramParameter(M,r.LINK_STATUS)===!1)if(k=!1,typeof n.debug.onShaderError=="function")n.debug.onShaderError(r,M,v,R);else{let W=ju(r,v,"vertex"),$=ju(r,R,"fragment");Ne("WebGLProgram: Shader Error "+r.getError()+" - VALIDATE_STATUS "+r.getProgramParameter(M,r.VALIDATE_STATUS)+`

Material Name: `+D.name+`
Material Type: `+D.type+`

Program Info Log: `+P+`
`+W+`
`+$)}else P!==""?me("WebGLProgram: Program Info Log:",P):(H===""||Z==="")&&(te=!1);te&&(D.diagnostics={runnable:k,programLog:P,vertexShader:{log:H,prefix:E},fragmentShader:{log:Z,prefix:m}})}r.deleteShader(v),r.deleteShader(R),_=new on(r,M),y=Lm(r,M)}let _;this.getUniforms=function(){return _===void 0&&A(this),_};let y;this.getAttributes=function(){return y===void 0&&A(this),y};let N=t.rendererExtensionParallelShaderCompile===!1;return this.isReady=function(){return N===!1&&(N=r.getProgramParameter(M,ym)),N},this.destroy=function(){i.releaseStatesOfProgram(this),r.deleteProgram(M),this.program=void 0},this.type=t.shaderType,this.name=t.shaderName,this.id=Em++,this.cacheKey=e,this.usedTimes=1,this.program=M,this.vertexShader=v,this.fragmentShader=R,this}var Hm=0,_a=class{constructor(){this.shaderCache=new Map,this.materialCache=new Map}update(e,t,i){let r=this._getShaderCacheForMaterial(e);return r.has(t)===!1&&(r.add(t),t.usedTimes++),r.has(i)===!1&&(r.add(i),i.usedTimes++),this}remove(e){let t=this.materialCache.get(e);for(let i of t)i.usedTimes--,i.usedTimes===0&&this.shaderCache.delete(i.code);return this.materialCache.delete(e),this}getVertexShaderStage(e){return this._getShaderStage(e.vertexShader)}getFragmentShaderStage(e){return this._getShaderStage(e.fragmentShader)}dispose(){this.shaderCache.clear(),this.materialCache.clear()}_getShaderCacheForMaterial(e){let t=this.materialCache,i=t.get(e);return i===void 0&&(i=new Set,t.set(e,i)),i}_getShaderStage(e){let t=this.shaderCache,i=t.get(e);return i===void 0&&(i=new ul(e),t.set(e,i)),i}},ul=class{constructor(e){this.id=Hm++,this.code=e,this.usedTimes=0}};function Vm(n){return n===Si||n===mn||n===_n}function sd(n,e,t,i,r,s){let o=new Zn,a=new _a,h=new Set,l=[],c=new Map,p=i.logarithmicDepthBuffer,u={MeshDepthMaterial:"depth",MeshDistanceMaterial:"distance",MeshNormalMaterial:"normal",MeshBasicMaterial:"basic",MeshLambertMaterial:"lambert",MeshPhongMaterial:"phong",MeshToonMaterial:"toon",MeshStandardMaterial:"physical",MeshPhysicalMaterial:"physical",MeshMatcapMaterial:"matcap",LineBasicMaterial:"basic",LineDashedMaterial:"dashed",PointsMaterial:"points",ShadowMaterial:"shadow",SpriteMaterial:"sprite"};function d(_){return h.add(_),_===0?"uv":`uv${_}`}function M(_,y,N,D,U,G){let J=D.fog,P=U.geometry,H=_.isMeshStandardMaterial||_.isMeshLambertMaterial||_.isMeshPhongMaterial?D.environment:null,Z=_.isMeshStandardMaterial||_.isMeshLambertMaterial&&!_.envMap||_.isMeshPhongMaterial&&!_.envMap,k=e.get(_.envMap||H,Z),te=u[_.type],W=i.precision;_.precision!==null&&(W=i.getMaxPrecision(_.precision),W!==_.precision&&me("WebGLProgram.getParameters:",_.precision,"not supported, using",W,"instead."));let $=P.morphAttributes.position||P.morphAttributes.normal||P.morphAttributes.color,Q=$!==void 0?$.length:0,Ee=0;P.morphAttributes.position!==void 0&&(Ee=1),P.morphAttributes.normal!==void 0&&(Ee=2),P.morphAttributes.color!==void 0&&(Ee=3);let Fe,Oe,tt,$e;if(te){let de=mi[te];Fe=de.vertexShader,Oe=de.fragmentShader}else{Fe=_.vertexShader,Oe=_.fragmentShader;let de=a.getVertexShaderStage(_),Je=a.getFragmentShaderStage(_);a.update(_,de,Je),tt=de.id,$e=Je.id}let Qe=n.getRenderTarget(),Ae=n.state.buffers.depth.getReversed(),je=U.isInstancedMesh===!0,_t=U.isBatchedMesh===!0,Xe=!!_.map,gt=!!_.matcap,Xt=!!k,Dt=Xt&&k.isPMREMTexture===!0,ei=!!_.aoMap,xt=!!_.lightMap,Zt=!!_.bumpMap&&_.wireframe===!1,at=!!_.normalMap,Ci=!!_.displacementMap,vt=!!_.emissiveMap,si=!!_.metalnessMap,oi=!!_.roughnessMap,ai=_.anisotropy>0,I=_.clearcoat>0,li=_.diffuseRoughness>0,rt=_.dispersion>0,st=_.retroreflectivity>0,fe=_.iridescence>0,Mt=_.sheen>0,we=_.transmission>0,Ce=ai&&!!_.anisotropyMap,T=I&&!!_.clearcoatMap,g=I&&!!_.clearcoatNormalMap,O=I&&!!_.clearcoatRoughnessMap,j=li&&!!_.diffuseRoughnessMap,K=fe&&!!_.iridescenceMap,ne=fe&&!!_.iridescenceThicknessMap,he=Mt&&!!_.sheenColorMap,X=Mt&&!!_.sheenRoughnessMap,Y=!!_.specularMap,se=!!_.specularColorMap,w=!!_.specularIntensityMap,q=we&&!!_.transmissionMap,V=we&&!!_.thicknessMap,oe=!!_.gradientMap,ie=!!_.alphaMap,re=_.alphaTest>0,Te=!!_.alphaHash,Ue=!!_.extensions,ee=ii;_.toneMapped&&(Qe===null||Qe.isXRRenderTarget===!0)&&(ee=n.toneMapping);let be=Dt?k.isCompressedCubeTexture?k.image[0].mipmaps:k.mipmaps:null,De={shaderID:te,shaderType:_.type,shaderName:_.name,vertexShader:Fe,fragmentShader:Oe,defines:_.defines,customVertexShaderID:tt,customFragmentShaderID:$e,isRawShaderMaterial:_.isRawShaderMaterial===!0,glslVersion:_.glslVersion,precision:W,batching:_t,batchingColor:_t&&U._colorsTexture!==null,instancing:je,instancingColor:je&&U.instanceColor!==null,instancingMorph:je&&U.morphTexture!==null,outputColorSpace:Qe===null?n.outputColorSpace:Qe.isXRRenderTarget===!0?Qe.texture.colorSpace:Le.workingColorSpace,alphaToCoverage:!!_.alphaToCoverage,map:Xe,matcap:gt,envMap:Xt,envMapMode:Xt&&k.mapping,envMapPMREM:Dt,envMapMaxLod:Dt?be.length-1:null,envMapSize:Dt?be[0].width:null,aoMap:ei,lightMap:xt,bumpMap:Zt,normalMap:at,displacementMap:Ci,emissiveMap:vt,normalMapObjectSpace:at&&_.normalMapType===fh,normalMapTangentSpace:at&&_.normalMapType===ps,packedNormalMap:at&&_.normalMapType===ps&&Vm(_.normalMap.format),metalnessMap:si,roughnessMap:oi,anisotropy:ai,anisotropyMap:Ce,clearcoat:I,clearcoatMap:T,clearcoatNormalMap:g,clearcoatRoughnessMap:O,diffuseRoughness:li,diffuseRoughnessMap:j,dispersion:rt,retroreflection:st,iridescence:fe,iridescenceMap:K,iridescenceThicknessMap:ne,sheen:Mt,sheenColorMap:he,sheenRoughnessMap:X,specularMap:Y,specularColorMap:se,specularIntensityMap:w,transmission:we,transmissionMap:q,thicknessMap:V,gradientMap:oe,opaque:_.transparent===!1&&_.blending===Ki&&_.alphaToCoverage===!1,alphaMap:ie,alphaTest:re,alphaHash:Te,combine:_.combine,mapUv:Xe&&d(_.map.channel),aoMapUv:ei&&d(_.aoMap.channel),lightMapUv:xt&&d(_.lightMap.channel),bumpMapUv:Zt&&d(_.bumpMap.channel),normalMapUv:at&&d(_.normalMap.channel),displacementMapUv:Ci&&d(_.displacementMap.channel),emissiveMapUv:vt&&d(_.emissiveMap.channel),metalnessMapUv:si&&d(_.metalnessMap.channel),roughnessMapUv:oi&&d(_.roughnessMap.channel),anisotropyMapUv:Ce&&d(_.anisotropyMap.channel),clearcoatMapUv:T&&d(_.clearcoatMap.channel),clearcoatNormalMapUv:g&&d(_.clearcoatNormalMap.channel),clearcoatRoughnessMapUv:O&&d(_.clearcoatRoughnessMap.channel),diffuseRoughnessMapUv:j&&d(_.diffuseRoughnessMap.channel),iridescenceMapUv:K&&d(_.iridescenceMap.channel),iridescenceThicknessMapUv:ne&&d(_.iridescenceThicknessMap.channel),sheenColorMapUv:he&&d(_.sheenColorMap.channel),sheenRoughnessMapUv:X&&d(_.sheenRoughnessMap.channel),specularMapUv:Y&&d(_.specularMap.channel),specularColorMapUv:se&&d(_.specularColorMap.channel),specularIntensityMapUv:w&&d(_.specularIntensityMap.channel),transmissionMapUv:q&&d(_.transmissionMap.channel),thicknessMapUv:V&&d(_.thicknessMap.channel),alphaMapUv:ie&&d(_.alphaMap.channel),vertexTangents:!!P.attributes.tangent&&(at||ai),vertexNormals:!!P.attributes.normal,vertexColors:_.vertexColors,vertexAlphas:_.vertexColors===!0&&!!P.attributes.color&&P.attributes.color.itemSize===4,pointsUvs:U.isPoints===!0&&!!P.attributes.uv&&(Xe||ie),fog:!!J,useFog:_.fog===!0,fogExp2:!!J&&J.isFogExp2,flatShading:_.wireframe===!1&&(_.flatShading===!0||P.attributes.normal===void 0&&at===!1&&(_.isMeshLambertMaterial||_.isMeshPhongMaterial||_.isMeshStandardMaterial||_.isMeshPhysicalMaterial)),sizeAttenuation:_.sizeAttenuation===!0,logarithmicDepthBuffer:p,reversedDepthBuffer:Ae,skinning:U.isSkinnedMesh===!0,hasPositionAttribute:P.attributes.position!==void 0,morphTargets:P.morphAttributes.position!==void 0,morphNormals:P.morphAttributes.normal!==void 0,morphColors:P.morphAttributes.color!==void 0,morphTargetsCount:Q,morphTextureStride:Ee,numSunLights:y.sun.length,numDirLights:y.directional.length,numPointLights:y.point.length,numSpotLights:y.spot.length,numSpotLightMaps:y.spotLightMap.length,numRectAreaLights:y.rectArea.length,numHemiLights:y.hemi.length,numSunLightShadows:y.sunShadowMap.length,numDirLightShadows:y.directionalShadowMap.length,numPointLightShadows:y.pointShadowMap.length,numSpotLightShadows:y.spotShadowMap.length,numSpotLightShadowsWithMaps:y.numSpotLightShadowsWithMaps,numLightProbes:y.numLightProbes,numLightProbeGrids:G.filter(de=>de.texture!==null).length,numClippingPlanes:s.numPlanes,numClipIntersection:s.numIntersection,dithering:_.dithering,shadowMapEnabled:n.shadowMap.enabled&&N.length>0,shadowMapType:n.shadowMap.type,toneMapping:ee,decodeVideoTexture:Xe&&_.map.isVideoTexture===!0&&Le.getTransfer(_.map.colorSpace)===He,decodeVideoTextureEmissive:vt&&_.emissiveMap.isVideoTexture===!0&&Le.getTransfer(_.emissiveMap.colorSpace)===He,premultipliedAlpha:_.premultipliedAlpha,doubleSided:_.side===ti,flipSided:_.side===ft,useDepthPacking:_.depthPacking>=0,depthPacking:_.depthPacking||0,index0AttributeName:_.index0AttributeName,extensionClipCullDistance:Ue&&_.extensions.clipCullDistance===!0&&t.has("WEBGL_clip_cull_distance"),extensionMultiDraw:(Ue&&_.extensions.multiDraw===!0||_t)&&t.has("WEBGL_multi_draw"),rendererExtensionParallelShaderCompile:t.has("KHR_parallel_shader_compile"),customProgramCacheKey:_.customProgramCacheKey()};return De.vertexUv1s=h.has(1),De.vertexUv2s=h.has(2),De.vertexUv3s=h.has(3),h.clear(),De}function E(_){let y=[];if(_.shaderID?y.push(_.shaderID):(y.push(_.customVertexShaderID),y.push(_.customFragmentShaderID)),_.defines!==void 0)for(let N in _.defines)y.push(N),y.push(_.defines[N]);return _.isRawShaderMaterial===!1&&(m(y,_),f(y,_),y.push(n.outputColorSpace)),y.push(_.customProgramCacheKey),y.join()}function m(_,y){_.push(y.precision),_.push(y.outputColorSpace),_.push(y.envMapMode),_.push(y.envMapPMREM),_.push(y.envMapMaxLod),_.push(y.envMapSize),_.push(y.mapUv),_.push(y.alphaMapUv),_.push(y.lightMapUv),_.push(y.aoMapUv),_.push(y.bumpMapUv),_.push(y.normalMapUv),_.push(y.displacementMapUv),_.push(y.emissiveMapUv),_.push(y.metalnessMapUv),_.push(y.roughnessMapUv),_.push(y.anisotropyMapUv),_.push(y.clearcoatMapUv),_.push(y.clearcoatNormalMapUv),_.push(y.clearcoatRoughnessMapUv),_.push(y.diffuseRoughnessMapUv),_.push(y.iridescenceMapUv),_.push(y.iridescenceThicknessMapUv),_.push(y.sheenColorMapUv),_.push(y.sheenRoughnessMapUv),_.push(y.specularMapUv),_.push(y.specularColorMapUv),_.push(y.specularIntensityMapUv),_.push(y.transmissionMapUv),_.push(y.thicknessMapUv),_.push(y.combine),_.push(y.fogExp2),_.push(y.sizeAttenuation),_.push(y.morphTargetsCount),_.push(y.numSunLights),_.push(y.numDirLights),_.push(y.numPointLights),_.push(y.numSpotLights),_.push(y.numSpotLightMaps),_.push(y.numHemiLights),_.push(y.numRectAreaLights),_.push(y.numSunLightShadows),_.push(y.numDirLightShadows),_.push(y.numPointLightShadows),_.push(y.numSpotLightShadows),_.push(y.numSpotLightShadowsWithMaps),_.push(y.numLightProbes),_.push(y.numLightProbeGrids),_.push(y.shadowMapType),_.push(y.toneMapping),_.push(y.numClippingPlanes),_.push(y.numClipIntersection),_.push(y.depthPacking)}function f(_,y){o.disableAll(),y.instancing&&o.enable(0),y.instancingColor&&o.enable(1),y.instancingMorph&&o.enable(2),y.matcap&&o.enable(3),y.envMap&&o.enable(4),y.normalMapObjectSpace&&o.enable(5),y.normalMapTangentSpace&&o.enable(6),y.clearcoat&&o.enable(7),y.iridescence&&o.enable(8),y.alphaTest&&o.enable(9),y.vertexColors&&o.enable(10),y.vertexAlphas&&o.enable(11),y.vertexUv1s&&o.enable(12),y.vertexUv2s&&o.enable(13),y.vertexUv3s&&o.enable(14),y.vertexTangents&&o.enable(15),y.anisotropy&&o.enable(16),y.alphaHash&&o.enable(17),y.batching&&o.enable(18),y.dispersion&&o.enable(19),y.retroreflection&&o.enable(24),y.diffuseRoughness&&o.enable(25),y.batchingColor&&o.enable(20),y.gradientMap&&o.enable(21),y.packedNormalMap&&o.enable(22),y.vertexNormals&&o.enable(23),_.push(o.mask),o.disableAll(),y.fog&&o.enable(0),y.useFog&&o.enable(1),y.flatShading&&o.enable(2),y.logarithmicDepthBuffer&&o.enable(3),y.reversedDepthBuffer&&o.enable(4),y.skinning&&o.enable(5),y.morphTargets&&o.enable(6),y.morphNormals&&o.enable(7),y.morphColors&&o.enable(8),y.premultipliedAlpha&&o.enable(9),y.shadowMapEnabled&&o.enable(10),y.doubleSided&&o.enable(11),y.flipSided&&o.enable(12),y.useDepthPacking&&o.enable(13),y.dithering&&o.enable(14),y.transmission&&o.enable(15),y.sheen&&o.enable(16),y.opaque&&o.enable(17),y.pointsUvs&&o.enable(18),y.decodeVideoTexture&&o.enable(19),y.decodeVideoTextureEmissive&&o.enable(20),y.alphaToCoverage&&o.enable(21),y.numLightProbeGrids>0&&o.enable(22),y.hasPositionAttribute&&o.enable(23),_.push(o.mask)}function S(_){let y=u[_.type],N;if(y){let D=mi[y];N=sc.clone(D.uniforms)}else N=_.uniforms;return N}function b(_,y){let N=c.get(y);return N!==void 0?++N.usedTimes:(N=new rd(n,y,_,r),l.push(N),c.set(y,N)),N}function v(_){if(--_.usedTimes===0){let y=l.indexOf(_);l[y]=l[l.length-1],l.pop(),c.delete(_.cacheKey),_.destroy()}}function R(_){a.remove(_)}function A(){a.dispose()}return{getParameters:M,getProgramCacheKey:E,getUniforms:S,acquireProgram:b,releaseProgram:v,releaseShaderCache:R,programs:l,dispose:A}}function od(){let n=new WeakMap;function e(o){return n.has(o)}function t(o){let a=n.get(o);return a===void 0&&(a={},n.set(o,a)),a}function i(o){n.delete(o)}function r(o,a,h){n.get(o)[a]=h}function s(){n=new WeakMap}return{has:e,get:t,remove:i,update:r,dispose:s}}function Wm(n,e){return n.groupOrder!==e.groupOrder?n.groupOrder-e.groupOrder:n.renderOrder!==e.renderOrder?n.renderOrder-e.renderOrder:n.material.id!==e.material.id?n.material.id-e.material.id:n.materialVariant!==e.materialVariant?n.materialVariant-e.materialVariant:n.z!==e.z?n.z-e.z:n.id-e.id}function ad(n,e){return n.groupOrder!==e.groupOrder?n.groupOrder-e.groupOrder:n.renderOrder!==e.renderOrder?n.renderOrder-e.renderOrder:n.z!==e.z?e.z-n.z:n.id-e.id}function ld(){let n=[],e=0,t=[],i=[],r=[];function s(){e=0,t.length=0,i.length=0,r.length=0}function o(u){let d=0;return u.isInstancedMesh&&(d+=2),u.isSkinnedMesh&&(d+=1),d}function a(u,d,M,E,m,f){let S=n[e];return S===void 0?(S={id:u.id,object:u,geometry:d,material:M,materialVariant:o(u),groupOrder:E,renderOrder:u.renderOrder,z:m,group:f},n[e]=S):(S.id=u.id,S.object=u,S.geometry=d,S.material=M,S.materialVariant=o(u),S.groupOrder=E,S.renderOrder=u.renderOrder,S.z=m,S.group=f),e++,S}function h(u,d,M,E,m,f,S){S.reversedDepth===!0&&(m=-m);let b=a(u,d,M,E,m,f);M.transmission>0?i.push(b):M.transparent===!0?r.push(b):t.push(b)}function l(u,d,M,E,m,f){let S=a(u,d,M,E,m,f);M.transmission>0?i.unshift(S):M.transparent===!0?r.unshift(S):t.unshift(S)}function c(u,d){t.length>1&&t.sort(u||Wm),i.length>1&&i.sort(d||ad),r.length>1&&r.sort(d||ad)}function p(){for(let u=e,d=n.length;u<d;u++){let M=n[u];if(M.id===null)break;M.id=null,M.object=null,M.geometry=null,M.material=null,M.group=null}}return{opaque:t,transmissive:i,transparent:r,init:s,push:h,unshift:l,finish:p,sort:c}}function hd(){let n=new WeakMap;function e(i,r){let s=n.get(i),o;return s===void 0?(o=new ld,n.set(i,[o])):r>=s.length?(o=new ld,s.push(o)):o=s[r],o}function t(){n=new WeakMap}return{get:e,dispose:t}}function Xm(){let n={};return{get:function(e){if(n[e.id]!==void 0)return n[e.id];let t;switch(e.type){case"SunLight":case"DirectionalLight":t={direction:new C,color:new Se};break;case"SpotLight":t={position:new C,direction:new C,color:new Se,distance:0,coneCos:0,penumbraCos:0,decay:0};break;case"PointLight":t={position:new C,color:new Se,distance:0,decay:0};break;case"HemisphereLight":t={direction:new C,skyColor:new Se,groundColor:new Se};break;case"RectAreaLight":t={color:new Se,position:new C,halfWidth:new C,halfHeight:new C};break}return n[e.id]=t,t}}}function Ym(){let n={};return{get:function(e){if(n[e.id]!==void 0)return n[e.id];let t;switch(e.type){case"SunLight":case"DirectionalLight":t={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new ae};break;case"SpotLight":t={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new ae};break;case"PointLight":t={shadowIntensity:1,shadowBias:0,shadowNormalBias:0,shadowRadius:1,shadowMapSize:new ae,shadowCameraNear:1,shadowCameraFar:1e3};break}return n[e.id]=t,t}}}var qm=0;function Km(n,e){return(e.castShadow?2:0)-(n.castShadow?2:0)+(e.map?1:0)-(n.map?1:0)}function cd(n){let e=new Xm,t=Ym(),i={version:0,hash:{sunLength:-1,directionalLength:-1,pointLength:-1,spotLength:-1,rectAreaLength:-1,hemiLength:-1,numSunShadows:-1,numDirectionalShadows:-1,numPointShadows:-1,numSpotShadows:-1,numSpotMaps:-1,numLightProbes:-1},ambient:[0,0,0],probe:[],sun:[],sunShadow:[],sunShadowMap:[],sunShadowMatrix:[],sunShadowCascade:[],directional:[],directionalShadow:[],directionalShadowMap:[],directionalShadowMatrix:[],spot:[],spotLightMap:[],spotShadow:[],spotShadowMap:[],spotLightMatrix:[],rectArea:[],rectAreaLTC1:null,rectAreaLTC2:null,point:[],pointShadow:[],pointShadowMap:[],pointShadowMatrix:[],hemi:[],numSpotLightShadowsWithMaps:0,numLightProbes:0};for(let l=0;l<9;l++)i.probe.push(new C);let r=new C,s=new Me,o=new Me;function a(l){let c=0,p=0,u=0;for(let G=0;G<9;G++)i.probe[G].set(0,0,0);let d=0,M=0,E=0,m=0,f=0,S=0,b=0,v=0,R=0,A=0,_=0,y=0,N=0,D=0;l.sort(Km);for(let G=0,J=l.length;G<J;G++){let P=l[G],H=P.color,Z=P.intensity,k=P.distance,te=null;if(P.shadow&&P.shadow.map&&(P.shadow.map.texture.format===Si?te=P.shadow.map.texture:te=P.shadow.map.depthTexture||P.shadow.map.texture),P.isAmbientLight)c+=H.r*Z,p+=H.g*Z,u+=H.b*Z;else if(P.isLightProbe){for(let W=0;W<9;W++)i.probe[W].addScaledVector(P.sh.coefficients[W],Z);D++}else if(P.isSunLight){let W=e.get(P);if(W.color.copy(P.color).multiplyScalar(P.intensity),P.castShadow){let $=P.shadow,Q=t.get(P);Q.shadowIntensity=$.intensity,Q.shadowBias=$.bias,Q.shadowNormalBias=$.normalBias,Q.shadowRadius=$.radius,Q.shadowMapSize.copy($.mapSize).multiply($.getFrameExtents()),i.sunShadow[M]=Q,i.sunShadowMap[M]=te;let Ee=$.getViewportCount();for(let Fe=0;Fe<Ee;Fe++)i.sunShadowMatrix[E+Fe]=$.getMatrix(Fe),i.sunShadowCascade[E+Fe]=$._cascadeData[Fe];E+=Ee,M++}i.sun[d]=W,d++}else if(P.isDirectionalLight){let W=e.get(P);if(W.color.copy(P.color).multiplyScalar(P.intensity),P.castShadow){let $=P.shadow,Q=t.get(P);Q.shadowIntensity=$.intensity,Q.shadowBias=$.bias,Q.shadowNormalBias=$.normalBias,Q.shadowRadius=$.radius,Q.shadowMapSize=$.mapSize,i.directionalShadow[m]=Q,i.directionalShadowMap[m]=te,i.directionalShadowMatrix[m]=P.shadow.matrix,R++}i.directional[m]=W,m++}else if(P.isSpotLight){let W=e.get(P);W.position.setFromMatrixPosition(P.matrixWorld),W.color.copy(H).multiplyScalar(Z),W.distance=k,W.coneCos=Math.cos(P.angle),W.penumbraCos=Math.cos(P.angle*(1-P.penumbra)),W.decay=P.decay,i.spot[S]=W;let $=P.shadow;if(P.map&&(i.spotLightMap[y]=P.map,y++,$.updateMatrices(P),P.castShadow&&N++),i.spotLightMatrix[S]=$.matrix,P.castShadow){let Q=t.get(P);Q.shadowIntensity=$.intensity,Q.shadowBias=$.bias,Q.shadowNormalBias=$.normalBias,Q.shadowRadius=$.radius,Q.shadowMapSize=$.mapSize,i.spotShadow[S]=Q,i.spotShadowMap[S]=te,_++}S++}else if(P.isRectAreaLight){let W=e.get(P);W.color.copy(H).multiplyScalar(Z),W.halfWidth.set(P.width*.5,0,0),W.halfHeight.set(0,P.height*.5,0),i.rectArea[b]=W,b++}else if(P.isPointLight){let W=e.get(P);if(W.color.copy(P.color).multiplyScalar(P.intensity),W.distance=P.distance,W.decay=P.decay,P.castShadow){let $=P.shadow,Q=t.get(P);Q.shadowIntensity=$.intensity,Q.shadowBias=$.bias,Q.shadowNormalBias=$.normalBias,Q.shadowRadius=$.radius,Q.shadowMapSize=$.mapSize,Q.shadowCameraNear=$.camera.near,Q.shadowCameraFar=$.camera.far,i.pointShadow[f]=Q,i.pointShadowMap[f]=te,i.pointShadowMatrix[f]=P.shadow.matrix,A++}i.point[f]=W,f++}else if(P.isHemisphereLight){let W=e.get(P);W.skyColor.copy(P.color).multiplyScalar(Z),W.groundColor.copy(P.groundColor).multiplyScalar(Z),i.hemi[v]=W,v++}}b>0&&(n.has("OES_texture_float_linear")===!0?(i.rectAreaLTC1=ue.LTC_FLOAT_1,i.rectAreaLTC2=ue.LTC_FLOAT_2):(i.rectAreaLTC1=ue.LTC_HALF_1,i.rectAreaLTC2=ue.LTC_HALF_2)),i.ambient[0]=c,i.ambient[1]=p,i.ambient[2]=u;let U=i.hash;(U.sunLength!==d||U.directionalLength!==m||U.pointLength!==f||U.spotLength!==S||U.rectAreaLength!==b||U.hemiLength!==v||U.numSunShadows!==M||U.numDirectionalShadows!==R||U.numPointShadows!==A||U.numSpotShadows!==_||U.numSpotMaps!==y||U.numLightProbes!==D)&&(i.sun.length=d,i.directional.length=m,i.spot.length=S,i.rectArea.length=b,i.point.length=f,i.hemi.length=v,i.sunShadow.length=M,i.sunShadowMap.length=M,i.sunShadowMatrix.length=E,i.sunShadowCascade.length=E,i.directionalShadow.length=R,i.directionalShadowMap.length=R,i.directionalShadowMatrix.length=R,i.pointShadow.length=A,i.pointShadowMap.length=A,i.pointShadowMatrix.length=A,i.spotShadow.length=_,i.spotShadowMap.length=_,i.spotLightMatrix.length=_+y-N,i.spotLightMap.length=y,i.numSpotLightShadowsWithMaps=N,i.numLightProbes=D,U.sunLength=d,U.directionalLength=m,U.pointLength=f,U.spotLength=S,U.rectAreaLength=b,U.hemiLength=v,U.numSunShadows=M,U.numDirectionalShadows=R,U.numPointShadows=A,U.numSpotShadows=_,U.numSpotMaps=y,U.numLightProbes=D,i.version=qm++)}function h(l,c){let p=0,u=0,d=0,M=0,E=0,m=0,f=c.matrixWorldInverse;for(let S=0,b=l.length;S<b;S++){let v=l[S];if(v.isSunLight){let R=i.sun[p];R.direction.setFromMatrixPosition(v.matrixWorld),R.direction.transformDirection(f),p++}else if(v.isDirectionalLight){let R=i.directional[u];R.direction.setFromMatrixPosition(v.matrixWorld),r.setFromMatrixPosition(v.target.matrixWorld),R.direction.sub(r),R.direction.transformDirection(f),u++}else if(v.isSpotLight){let R=i.spot[M];R.position.setFromMatrixPosition(v.matrixWorld),R.position.applyMatrix4(f),R.direction.setFromMatrixPosition(v.matrixWorld),r.setFromMatrixPosition(v.target.matrixWorld),R.direction.sub(r),R.direction.transformDirection(f),M++}else if(v.isRectAreaLight){let R=i.rectArea[E];R.position.setFromMatrixPosition(v.matrixWorld),R.position.applyMatrix4(f),o.identity(),s.copy(v.matrixWorld),s.premultiply(f),o.extractRotation(s),R.halfWidth.set(v.width*.5,0,0),R.halfHeight.set(0,v.height*.5,0),R.halfWidth.applyMatrix4(o),R.halfHeight.applyMatrix4(o),E++}else if(v.isPointLight){let R=i.point[d];R.position.setFromMatrixPosition(v.matrixWorld),R.position.applyMatrix4(f),d++}else if(v.isHemisphereLight){let R=i.hemi[m];R.direction.setFromMatrixPosition(v.matrixWorld),R.direction.transformDirection(f),m++}}}return{setup:a,setupView:h,state:i}}function fd(n){let e=new cd(n),t=[],i=[],r=[];function s(p){c.camera=p,t.length=0,i.length=0,r.length=0}function o(p){p.isLightProbeGrid?r.push(p):t.push(p)}function a(p){i.push(p)}function h(){e.setup(t),r.sort((p,u)=>p.priority-u.priority||p.id-u.id)}function l(p){e.setupView(t,p)}let c={lightsArray:t,shadowsArray:i,lightProbeGridArray:r,camera:null,lights:e,transmissionRenderTarget:{},textureUnits:0};return{init:s,state:c,setupLights:h,setupLightsView:l,pushLight:o,pushShadow:a}}function ud(n){let e=new WeakMap;function t(r,s=0){let o=e.get(r),a;return o===void 0?(a=new fd(n),e.set(r,[a])):s>=o.length?(a=new fd(n),o.push(a)):a=o[s],a}function i(){e=new WeakMap}return{get:t,dispose:i}}var dd=`void main(){
gl_Position=vec4( position,1.0 );
}
`,pd=`uniform sampler2D shadow_pass;
uniform vec2 resolution;
uniform float radius;
void main(){
const float samples=float( VSM_SAMPLES );
float mean=0.0;
float squared_mean=0.0;
float uvStride=samples<=1.0?0.0:2.0/( samples-1.0 );
float uvStart=samples<=1.0?0.0:-1.0;
for ( float i=0.0;i<samples;i++){
float uvOffset=uvStart+i*uvStride;
#ifdef HORIZONTAL_PASS
vec2 distribution=texture2D( shadow_pass,( gl_FragCoord.xy+vec2( uvOffset,0.0 )*radius )/resolution ).rg;
mean+=distribution.x;
squared_mean+=distribution.y*distribution.y+distribution.x*distribution.x;
#else
float depth=texture2D( shadow_pass,( gl_FragCoord.xy+vec2( 0.0,uvOffset )*radius )/resolution ).r;
mean+=depth;
squared_mean+=depth*depth;
#endif
}
mean=mean/samples;
squared_mean=squared_mean/samples;
float std_dev=sqrt( max( 0.0,squared_mean-mean*mean ) );
gl_FragColor=vec4( mean,std_dev,0.0,1.0 );
}
`;var Jm=[new C(1,0,0),new C(-1,0,0),new C(0,1,0),new C(0,-1,0),new C(0,0,1),new C(0,0,-1)],$m=[new C(0,-1,0),new C(0,-1,0),new C(0,0,1),new C(0,0,-1),new C(0,-1,0),new C(0,-1,0)],md=new Me,Xs=new C,dl=new C;function _d(n,e,t){let i=new bi,r=new ae,s=new ae,o=new Ve,a=new sa,h=new oa,l={},c=t.maxTextureSize,p={[hi]:ft,[ft]:hi,[ti]:ti},u=new Ri({defines:{VSM_SAMPLES:8},uniforms:{shadow_pass:{value:null},resolution:{value:new ae},radius:{value:4}},vertexShader:dd,fragmentShader:pd}),d=u.clone();d.defines.HORIZONTAL_PASS=1;let M=new qe;M.setAttribute("position",new ht(new Float32Array([-1,-1,.5,3,-1,.5,-1,3,.5]),3));let E=new ct(M,u),m=this;this.enabled=!1,this.autoUpdate=!0,this.needsUpdate=!1,this.type=Yi;let f=this.type;this.render=function(A,_,y){if(m.enabled===!1||m.autoUpdate===!1&&m.needsUpdate===!1||A.length===0)return;this.type===kl&&(me("WebGLShadowMap: PCFSoftShadowMap has been removed. Using PCFShadowMap instead."),this.type=Yi);let N=n.getRenderTarget(),D=n.getActiveCubeFace(),U=n.getActiveMipmapLevel(),G=n.state;G.setBlending(qi),G.buffers.depth.getReversed()===!0?G.buffers.color.setClear(0,0,0,0):G.buffers.color.setClear(1,1,1,1),G.buffers.depth.setTest(!0),G.setScissorTest(!1);let J=f!==this.type;J&&_.traverse(function(P){P.material&&(Array.isArray(P.material)?P.material.forEach(H=>H.needsUpdate=!0):P.material.needsUpdate=!0)});for(let P=0,H=A.length;P<H;P++){let Z=A[P],k=Z.shadow;if(k===void 0){me("WebGLShadowMap:",Z,"has no shadow.");continue}if(k.autoUpdate===!1&&k.needsUpdate===!1)continue;r.copy(k.mapSize);let te=k.getFrameExtents();r.multiply(te),s.copy(k.mapSize),(r.x>c||r.y>c)&&(r.x>c&&(s.x=Math.floor(c/te.x),r.x=s.x*te.x,k.mapSize.x=s.x),r.y>c&&(s.y=Math.floor(c/te.y),r.y=s.y*te.y,k.mapSize.y=s.y));let W=n.state.buffers.depth.getReversed();if(k.camera._reversedDepth=W,k.map===null||J===!0){if(k.map!==null&&(k.map.depthTexture!==null&&(k.map.depthTexture.dispose(),k.map.depthTexture=null),k.map.dispose()),this.type===dn){if(Z.isPointLight){me("WebGLShadowMap: VSM shadow maps are not supported for PointLights. Use PCF or BasicShadowMap instead.");continue}k.map=new $t(r.x,r.y,{format:Si,type:Jt,minFilter:St,magFilter:St,generateMipmaps:!1}),k.map.texture.name=Z.name+".shadowMap",k.map.depthTexture=new wi(r.x,r.y,ut),k.map.depthTexture.name=Z.name+".shadowMapDepth",k.map.depthTexture.format=ci,k.map.depthTexture.compareFunction=null,k.map.depthTexture.minFilter=ot,k.map.depthTexture.magFilter=ot}else Z.isPointLight?(k.map=new Tr(r.x),k.map.depthTexture=new dr(r.x,Bt)):(k.map=new $t(r.x,r.y),k.map.depthTexture=new wi(r.x,r.y,Bt)),k.map.depthTexture.name=Z.name+".shadowMap",k.map.depthTexture.format=ci,this.type===Yi?(k.map.depthTexture.compareFunction=W?go:_o,k.map.depthTexture.minFilter=St,k.map.depthTexture.magFilter=St):(k.map.depthTexture.compareFunction=null,k.map.depthTexture.minFilter=ot,k.map.depthTexture.magFilter=ot);k.camera.updateProjectionMatrix()}k.map.isWebGLCubeRenderTarget!==!0&&(k.map.width!==r.x||k.map.height!==r.y)&&k.map.setSize(r.x,r.y);let $=k.map.isWebGLCubeRenderTarget?6:k.getViewportCount();Z.isPointLight!==!0&&k.updateMatrices(Z,y);let Q=(k.camera.layers.mask&4294967294)!==0?k.camera.layers:y.layers;for(let Ee=0;Ee<$;Ee++){let Fe=k.getCamera(Ee);if(Z.isPointLight){let Oe=k.camera,tt=k.matrix,$e=Z.distance||Oe.far;$e!==Oe.far&&(Oe.far=$e,Oe.updateProjectionMatrix()),Xs.setFromMatrixPosition(Z.matrixWorld),Oe.position.copy(Xs),dl.copy(Oe.position),dl.add(Jm[Ee]),Oe.up.copy($m[Ee]),Oe.lookAt(dl),Oe.updateMatrixWorld(),tt.makeTranslation(-Xs.x,-Xs.y,-Xs.z),md.multiplyMatrices(Oe.projectionMatrix,Oe.matrixWorldInverse),k._frustum.setFromProjectionMatrix(md,Oe.coordinateSystem,Oe.reversedDepth)}if(k.map.isWebGLCubeRenderTarget)n.setRenderTarget(k.map,Ee),n.clear();else{Ee===0&&(n.setRenderTarget(k.map),n.clear());let Oe=k.getViewport(Ee);o.set(s.x*Oe.x,s.y*Oe.y,s.x*Oe.z,s.y*Oe.w),G.viewport(o)}i=k.getFrustum(Ee),v(_,y,Fe,Z,Q,this.type)}k.isPointLightShadow!==!0&&this.type===dn&&S(k,y),k.needsUpdate=!1}f=this.type,m.needsUpdate=!1,n.setRenderTarget(N,D,U)};function S(A,_){let y=e.update(E);u.defines.VSM_SAMPLES!==A.blurSamples&&(u.defines.VSM_SAMPLES=A.blurSamples,d.defines.VSM_SAMPLES=A.blurSamples,u.needsUpdate=!0,d.needsUpdate=!0),A.mapPass===null?A.mapPass=new $t(r.x,r.y,{format:Si,type:Jt}):(A.mapPass.width!==A.map.width||A.mapPass.height!==A.map.height)&&A.mapPass.setSize(A.map.width,A.map.height),u.uniforms.shadow_pass.value=A.map.depthTexture,u.uniforms.resolution.value.set(A.map.width,A.map.height),u.uniforms.radius.value=A.radius,n.setRenderTarget(A.mapPass),n.clear(),n.renderBufferDirect(_,null,y,u,E,null),d.uniforms.shadow_pass.value=A.mapPass.texture,d.uniforms.resolution.value.set(A.map.width,A.map.height),d.uniforms.radius.value=A.radius,n.setRenderTarget(A.map),n.clear(),n.renderBufferDirect(_,null,y,d,E,null)}function b(A,_,y,N){let D=null,U=y.isPointLight===!0?A.customDistanceMaterial:A.customDepthMaterial;if(U!==void 0)D=U;else if(D=y.isPointLight===!0?h:a,n.localClippingEnabled&&_.clipShadows===!0&&Array.isArray(_.clippingPlanes)&&_.clippingPlanes.length!==0||_.displacementMap&&_.displacementScale!==0||_.alphaMap&&_.alphaTest>0||_.map&&_.alphaTest>0||_.alphaToCoverage===!0){let G=D.uuid,J=_.uuid,P=l[G];P===void 0&&(P={},l[G]=P);let H=P[J];H===void 0&&(H=D.clone(),P[J]=H,_.addEventListener("dispose",R)),D=H}if(D.visible=_.visible,D.wireframe=_.wireframe,N===dn?D.side=_.shadowSide!==null?_.shadowSide:_.side:D.side=_.shadowSide!==null?_.shadowSide:p[_.side],D.alphaMap=_.alphaMap,D.alphaTest=_.alphaToCoverage===!0?.5:_.alphaTest,D.map=_.map,D.clipShadows=_.clipShadows,D.clippingPlanes=_.clippingPlanes,D.clipIntersection=_.clipIntersection,D.displacementMap=_.displacementMap,D.displacementScale=_.displacementScale,D.displacementBias=_.displacementBias,D.wireframeLinewidth=_.wireframeLinewidth,D.linewidth=_.linewidth,y.isPointLight===!0&&D.isMeshDistanceMaterial===!0){let G=n.properties.get(D);G.light=y}return D}function v(A,_,y,N,D,U){if(A.visible===!1)return;if(A.layers.test(D)&&(A.isMesh||A.isLine||A.isPoints)&&(A.castShadow||A.receiveShadow&&U===dn)&&(!A.frustumCulled||A.intersectsFrustum(i))){A.modelViewMatrix.multiplyMatrices(y.matrixWorldInverse,A.matrixWorld);let P=e.update(A),H=A.material;if(Array.isArray(H)){let Z=P.groups;for(let k=0,te=Z.length;k<te;k++){let W=Z[k],$=H[W.materialIndex];if($&&$.visible){let Q=b(A,$,N,U);A.onBeforeShadow(n,A,_,y,P,Q,W),n.renderBufferDirect(y,null,P,Q,A,W),A.onAfterShadow(n,A,_,y,P,Q,W)}}}else if(H.visible){let Z=b(A,H,N,U);A.onBeforeShadow(n,A,_,y,P,Z,null),n.renderBufferDirect(y,null,P,Z,A,null),A.onAfterShadow(n,A,_,y,P,Z,null)}}let J=A.children;for(let P=0,H=J.length;P<H;P++)v(J[P],_,y,N,D,U)}function R(A){A.target.removeEventListener("dispose",R);for(let y in l){let N=l[y],D=A.target.uuid;D in N&&(N[D].dispose(),delete N[D])}}}function gd(n,e){function t(){let w=!1,q=new Ve,V=null,oe=new Ve(0,0,0,0);return{setMask:function(ie){V!==ie&&!w&&(n.colorMask(ie,ie,ie,ie),V=ie)},setLocked:function(ie){w=ie},setClear:function(ie,re,Te,Ue,ee){ee===!0&&(ie*=Ue,re*=Ue,Te*=Ue),q.set(ie,re,Te,Ue),oe.equals(q)===!1&&(n.clearColor(ie,re,Te,Ue),oe.copy(q))},reset:function(){w=!1,V=null,oe.set(-1,0,0,0)}}}function i(){let w=!1,q=!1,V=null,oe=null,ie=null;return{setReversed:function(re){if(q!==re){let Te=e.get("EXT_clip_control");re?Te.clipControlEXT(Te.LOWER_LEFT_EXT,Te.ZERO_TO_ONE_EXT):Te.clipControlEXT(Te.LOWER_LEFT_EXT,Te.NEGATIVE_ONE_TO_ONE_EXT),q=re;let Ue=ie;ie=null,this.setClear(Ue)}},getReversed:function(){return q},setTest:function(re){re?Ae(n.DEPTH_TEST):je(n.DEPTH_TEST)},setMask:function(re){V!==re&&!w&&(n.depthMask(re),V=re)},setFunc:function(re){if(q&&(re=vh[re]),oe!==re){switch(re){case wr:n.depthFunc(n.NEVER);break;case Rr:n.depthFunc(n.ALWAYS);break;case Cr:n.depthFunc(n.LESS);break;case Ji:n.depthFunc(n.LEQUAL);break;case Pr:n.depthFunc(n.EQUAL);break;case Lr:n.depthFunc(n.GEQUAL);break;case Dr:n.depthFunc(n.GREATER);break;case Ir:n.depthFunc(n.NOTEQUAL);break;default:n.depthFunc(n.LEQUAL)}oe=re}},setLocked:function(re){w=re},setClear:function(re){ie!==re&&(ie=re,q&&(re=1-re),n.clearDepth(re))},reset:function(){w=!1,V=null,oe=null,ie=null,q=!1}}}function r(){let w=!1,q=null,V=null,oe=null,ie=null,re=null,Te=null,Ue=null,ee=null;return{setTest:function(be){w||(be?Ae(n.STENCIL_TEST):je(n.STENCIL_TEST))},setMask:function(be){q!==be&&!w&&(n.stencilMask(be),q=be)},setFunc:function(be,De,de){(V!==be||oe!==De||ie!==de)&&(n.stencilFunc(be,De,de),V=be,oe=De,ie=de)},setOp:function(be,De,de){(re!==be||Te!==De||Ue!==de)&&(n.stencilOp(be,De,de),re=be,Te=De,Ue=de)},setLocked:function(be){w=be},setClear:function(be){ee!==be&&(n.clearStencil(be),ee=be)},reset:function(){w=!1,q=null,V=null,oe=null,ie=null,re=null,Te=null,Ue=null,ee=null}}}let s=new t,o=new i,a=new r,h={},l=new WeakMap,c={},p={},u={},d=new WeakMap,M=[],E=null,m=!1,f=null,S=null,b=null,v=null,R=null,A=null,_=null,y=new Se(0,0,0),N=0,D=!1,U=null,G=null,J=null,P=null,H=null,Z=n.getParameter(n.MAX_COMBINED_TEXTURE_IMAGE_UNITS),k=!1,te=0,W=n.getParameter(n.VERSION);W.indexOf("WebGL")!==-1?(te=parseFloat(/^WebGL (\d)/.exec(W)[1]),k=te>=1):W.indexOf("OpenGL ES")!==-1&&(te=parseFloat(/^OpenGL ES (\d)/.exec(W)[1]),k=te>=2);let $=null,Q={},Ee=n.getParameter(n.SCISSOR_BOX),Fe=n.getParameter(n.VIEWPORT),Oe=new Ve().fromArray(Ee),tt=new Ve().fromArray(Fe);function $e(w,q,V,oe){let ie=new Uint8Array(4),re=n.createTexture();n.bindTexture(w,re),n.texParameteri(w,n.TEXTURE_MIN_FILTER,n.NEAREST),n.texParameteri(w,n.TEXTURE_MAG_FILTER,n.NEAREST);for(let Te=0;Te<V;Te++)w===n.TEXTURE_3D||w===n.TEXTURE_2D_ARRAY?n.texImage3D(q,0,n.RGBA,1,1,oe,0,n.RGBA,n.UNSIGNED_BYTE,ie):n.texImage2D(q+Te,0,n.RGBA,1,1,0,n.RGBA,n.UNSIGNED_BYTE,ie);return re}let Qe={};Qe[n.TEXTURE_2D]=$e(n.TEXTURE_2D,n.TEXTURE_2D,1),Qe[n.TEXTURE_CUBE_MAP]=$e(n.TEXTURE_CUBE_MAP,n.TEXTURE_CUBE_MAP_POSITIVE_X,6),Qe[n.TEXTURE_2D_ARRAY]=$e(n.TEXTURE_2D_ARRAY,n.TEXTURE_2D_ARRAY,1,1),Qe[n.TEXTURE_3D]=$e(n.TEXTURE_3D,n.TEXTURE_3D,1,1),s.setClear(0,0,0,1),o.setClear(1),a.setClear(0),Ae(n.DEPTH_TEST),o.setFunc(Ji),Zt(!1),at(ba),Ae(n.CULL_FACE),ei(qi);function Ae(w){c[w]!==!0&&(n.enable(w),c[w]=!0)}function je(w){c[w]!==!1&&(n.disable(w),c[w]=!1)}function _t(w,q){return u[w]!==q?(n.bindFramebuffer(w,q),u[w]=q,w===n.DRAW_FRAMEBUFFER&&(u[n.FRAMEBUFFER]=q),w===n.FRAMEBUFFER&&(u[n.DRAW_FRAMEBUFFER]=q),!0):!1}function Xe(w,q){let V=M,oe=!1;if(w){V=d.get(q),V===void 0&&(V=[],d.set(q,V));let ie=w.textures;if(V.length!==ie.length||V[0]!==n.COLOR_ATTACHMENT0){for(let re=0,Te=ie.length;re<Te;re++)V[re]=n.COLOR_ATTACHMENT0+re;V.length=ie.length,oe=!0}}else V[0]!==n.BACK&&(V[0]=n.BACK,oe=!0);oe&&n.drawBuffers(V)}function gt(w){return E!==w?(n.useProgram(w),E=w,!0):!1}let Xt={[Zi]:n.FUNC_ADD,[Vl]:n.FUNC_SUBTRACT,[Wl]:n.FUNC_REVERSE_SUBTRACT};Xt[Xl]=n.MIN,Xt[Yl]=n.MAX;let Dt={[ql]:n.ZERO,[Kl]:n.ONE,[Zl]:n.SRC_COLOR,[Js]:n.SRC_ALPHA,[th]:n.SRC_ALPHA_SATURATE,[jl]:n.DST_COLOR,[$l]:n.DST_ALPHA,[Jl]:n.ONE_MINUS_SRC_COLOR,[$s]:n.ONE_MINUS_SRC_ALPHA,[eh]:n.ONE_MINUS_DST_COLOR,[Ql]:n.ONE_MINUS_DST_ALPHA,[ih]:n.CONSTANT_COLOR,[nh]:n.ONE_MINUS_CONSTANT_COLOR,[rh]:n.CONSTANT_ALPHA,[sh]:n.ONE_MINUS_CONSTANT_ALPHA};function ei(w,q,V,oe,ie,re,Te,Ue,ee,be){if(w===qi){m===!0&&(je(n.BLEND),m=!1);return}if(m===!1&&(Ae(n.BLEND),m=!0),w!==Hl){if(w!==f||be!==D){if((S!==Zi||R!==Zi)&&(n.blendEquation(n.FUNC_ADD),S=Zi,R=Zi),be)switch(w){case Ki:n.blendFuncSeparate(n.ONE,n.ONE_MINUS_SRC_ALPHA,n.ONE,n.ONE_MINUS_SRC_ALPHA);break;case wa:n.blendFunc(n.ONE,n.ONE);break;case Ra:n.blendFuncSeparate(n.ZERO,n.ONE_MINUS_SRC_COLOR,n.ZERO,n.ONE);break;case Ca:n.blendFuncSeparate(n.DST_COLOR,n.ONE_MINUS_SRC_ALPHA,n.ZERO,n.ONE);break;default:Ne("WebGLState: Invalid blending: ",w);break}else switch(w){case Ki:n.blendFuncSeparate(n.SRC_ALPHA,n.ONE_MINUS_SRC_ALPHA,n.ONE,n.ONE_MINUS_SRC_ALPHA);break;case wa:n.blendFuncSeparate(n.SRC_ALPHA,n.ONE,n.ONE,n.ONE);break;case Ra:Ne("WebGLState: SubtractiveBlending requires material.premultipliedAlpha = true");break;case Ca:Ne("WebGLState: MultiplyBlending requires material.premultipliedAlpha = true");break;default:Ne("WebGLState: Invalid blending: ",w);break}b=null,v=null,A=null,_=null,y.set(0,0,0),N=0,f=w,D=be}return}ie=ie||q,re=re||V,Te=Te||oe,(q!==S||ie!==R)&&(n.blendEquationSeparate(Xt[q],Xt[ie]),S=q,R=ie),(V!==b||oe!==v||re!==A||Te!==_)&&(n.blendFuncSeparate(Dt[V],Dt[oe],Dt[re],Dt[Te]),b=V,v=oe,A=re,_=Te),(Ue.equals(y)===!1||ee!==N)&&(n.blendColor(Ue.r,Ue.g,Ue.b,ee),y.copy(Ue),N=ee),f=w,D=!1}function xt(w,q){w.side===ti?je(n.CULL_FACE):Ae(n.CULL_FACE);let V=w.side===ft;q&&(V=!V),Zt(V),w.blending===Ki&&w.transparent===!1?ei(qi):ei(w.blending,w.blendEquation,w.blendSrc,w.blendDst,w.blendEquationAlpha,w.blendSrcAlpha,w.blendDstAlpha,w.blendColor,w.blendAlpha,w.premultipliedAlpha),o.setFunc(w.depthFunc),o.setTest(w.depthTest),o.setMask(w.depthWrite),s.setMask(w.colorWrite);let oe=w.stencilWrite;a.setTest(oe),oe&&(a.setMask(w.stencilWriteMask),a.setFunc(w.stencilFunc,w.stencilRef,w.stencilFuncMask),a.setOp(w.stencilFail,w.stencilZFail,w.stencilZPass)),vt(w.polygonOffset,w.polygonOffsetFactor,w.polygonOffsetUnits),w.alphaToCoverage===!0?Ae(n.SAMPLE_ALPHA_TO_COVERAGE):je(n.SAMPLE_ALPHA_TO_COVERAGE)}function Zt(w){U!==w&&(w?n.frontFace(n.CW):n.frontFace(n.CCW),U=w)}function at(w){w!==Gl?(Ae(n.CULL_FACE),w!==G&&(w===ba?n.cullFace(n.BACK):w===zl?n.cullFace(n.FRONT):n.cullFace(n.FRONT_AND_BACK))):je(n.CULL_FACE),G=w}function Ci(w){w!==J&&(k&&n.lineWidth(w),J=w)}function vt(w,q,V){w?(Ae(n.POLYGON_OFFSET_FILL),(P!==q||H!==V)&&(P=q,H=V,o.getReversed()&&(q=-q,V=-V),n.polygonOffset(q,V))):je(n.POLYGON_OFFSET_FILL)}function si(w){w?Ae(n.SCISSOR_TEST):je(n.SCISSOR_TEST)}function oi(w){w===void 0&&(w=n.TEXTURE0+Z-1),$!==w&&(n.activeTexture(w),$=w)}function ai(w,q,V){V===void 0&&($===null?V=n.TEXTURE0+Z-1:V=$);let oe=Q[V];oe===void 0&&(oe={type:void 0,texture:void 0},Q[V]=oe),(oe.type!==w||oe.texture!==q)&&($!==V&&(n.activeTexture(V),$=V),n.bindTexture(w,q||Qe[w]),oe.type=w,oe.texture=q)}function I(){let w=Q[$];w!==void 0&&w.type!==void 0&&(n.bindTexture(w.type,null),w.type=void 0,w.texture=void 0)}function li(){try{n.compressedTexImage2D(...arguments)}catch(w){Ne("WebGLState:",w)}}function rt(){try{n.compressedTexImage3D(...arguments)}catch(w){Ne("WebGLState:",w)}}function st(){try{n.texSubImage2D(...arguments)}catch(w){Ne("WebGLState:",w)}}function fe(){try{n.texSubImage3D(...arguments)}catch(w){Ne("WebGLState:",w)}}function Mt(){try{n.compressedTexSubImage2D(...arguments)}catch(w){Ne("WebGLState:",w)}}function we(){try{n.compressedTexSubImage3D(...arguments)}catch(w){Ne("WebGLState:",w)}}function Ce(){try{n.texStorage2D(...arguments)}catch(w){Ne("WebGLState:",w)}}function T(){try{n.texStorage3D(...arguments)}catch(w){Ne("WebGLState:",w)}}function g(){try{n.texImage2D(...arguments)}catch(w){Ne("WebGLState:",w)}}function O(){try{n.texImage3D(...arguments)}catch(w){Ne("WebGLState:",w)}}function j(w){return p[w]!==void 0?p[w]:n.getParameter(w)}function K(w,q){p[w]!==q&&(n.pixelStorei(w,q),p[w]=q)}function ne(w){Oe.equals(w)===!1&&(n.scissor(w.x,w.y,w.z,w.w),Oe.copy(w))}function he(w){tt.equals(w)===!1&&(n.viewport(w.x,w.y,w.z,w.w),tt.copy(w))}function X(w,q){let V=l.get(q);V===void 0&&(V=new WeakMap,l.set(q,V));let oe=V.get(w);oe===void 0&&(oe=n.getUniformBlockIndex(q,w.name),n.uniformBlockBinding(q,oe,oe),V.set(w,oe))}function Y(w,q,V){let ie=l.get(q).get(w);h[ie]!==V&&(n.bindBufferBase(n.UNIFORM_BUFFER,ie,V),h[ie]=V)}function se(){n.disable(n.BLEND),n.disable(n.CULL_FACE),n.disable(n.DEPTH_TEST),n.disable(n.POLYGON_OFFSET_FILL),n.disable(n.SCISSOR_TEST),n.disable(n.STENCIL_TEST),n.disable(n.SAMPLE_ALPHA_TO_COVERAGE),n.blendEquation(n.FUNC_ADD),n.blendFunc(n.ONE,n.ZERO),n.blendFuncSeparate(n.ONE,n.ZERO,n.ONE,n.ZERO),n.blendColor(0,0,0,0),n.colorMask(!0,!0,!0,!0),n.clearColor(0,0,0,0),n.depthMask(!0),n.depthFunc(n.LESS),o.setReversed(!1),n.clearDepth(1),n.stencilMask(4294967295),n.stencilFunc(n.ALWAYS,0,4294967295),n.stencilOp(n.KEEP,n.KEEP,n.KEEP),n.clearStencil(0),n.cullFace(n.BACK),n.frontFace(n.CCW),n.polygonOffset(0,0),n.activeTexture(n.TEXTURE0),n.bindFramebuffer(n.FRAMEBUFFER,null),n.bindFramebuffer(n.DRAW_FRAMEBUFFER,null),n.bindFramebuffer(n.READ_FRAMEBUFFER,null),n.useProgram(null),n.lineWidth(1),n.scissor(0,0,n.canvas.width,n.canvas.height),n.viewport(0,0,n.canvas.width,n.canvas.height),n.pixelStorei(n.PACK_ALIGNMENT,4),n.pixelStorei(n.UNPACK_ALIGNMENT,4),n.pixelStorei(n.UNPACK_FLIP_Y_WEBGL,!1),n.pixelStorei(n.UNPACK_PREMULTIPLY_ALPHA_WEBGL,!1),n.pixelStorei(n.UNPACK_COLORSPACE_CONVERSION_WEBGL,n.BROWSER_DEFAULT_WEBGL),n.pixelStorei(n.PACK_ROW_LENGTH,0),n.pixelStorei(n.PACK_SKIP_PIXELS,0),n.pixelStorei(n.PACK_SKIP_ROWS,0),n.pixelStorei(n.UNPACK_ROW_LENGTH,0),n.pixelStorei(n.UNPACK_IMAGE_HEIGHT,0),n.pixelStorei(n.UNPACK_SKIP_PIXELS,0),n.pixelStorei(n.UNPACK_SKIP_ROWS,0),n.pixelStorei(n.UNPACK_SKIP_IMAGES,0),c={},p={},$=null,Q={},u={},h={},d=new WeakMap,M=[],E=null,m=!1,f=null,S=null,b=null,v=null,R=null,A=null,_=null,y=new Se(0,0,0),N=0,D=!1,U=null,G=null,J=null,P=null,H=null,Oe.set(0,0,n.canvas.width,n.canvas.height),tt.set(0,0,n.canvas.width,n.canvas.height),s.reset(),o.reset(),a.reset()}return{buffers:{color:s,depth:o,stencil:a},enable:Ae,disable:je,bindFramebuffer:_t,drawBuffers:Xe,useProgram:gt,setBlending:ei,setMaterial:xt,setFlipSided:Zt,setCullFace:at,setLineWidth:Ci,setPolygonOffset:vt,setScissorTest:si,activeTexture:oi,bindTexture:ai,unbindTexture:I,compressedTexImage2D:li,compressedTexImage3D:rt,texImage2D:g,texImage3D:O,pixelStorei:K,getParameter:j,updateUBOMapping:X,uniformBlockBinding:Y,texStorage2D:Ce,texStorage3D:T,texSubImage2D:st,texSubImage3D:fe,compressedTexSubImage2D:Mt,compressedTexSubImage3D:we,scissor:ne,viewport:he,reset:se}}function xd(n,e,t,i,r,s,o){let a=e.has("WEBGL_multisampled_render_to_texture")?e.get("WEBGL_multisampled_render_to_texture"):null,h=typeof navigator>"u"?!1:/OculusBrowser/g.test(navigator.userAgent),l=new ae,c=new WeakMap,p=new Set,u,d=new WeakMap,M=new Set,E=new FinalizationRegistry(T=>M.delete(T)),m=!1;try{m=typeof OffscreenCanvas<"u"&&new OffscreenCanvas(1,1).getContext("2d")!==null}catch{}function f(T,g){return m?new OffscreenCanvas(T,g):kn("canvas")}function S(T,g,O){let j=1,K=Ce(T);if((K.width>O||K.height>O)&&(j=O/Math.max(K.width,K.height)),j<1)if(typeof HTMLImageElement<"u"&&T instanceof HTMLImageElement||typeof HTMLCanvasElement<"u"&&T instanceof HTMLCanvasElement||typeof ImageBitmap<"u"&&T instanceof ImageBitmap||typeof VideoFrame<"u"&&T instanceof VideoFrame){let ne=Math.floor(j*K.width),he=Math.floor(j*K.height);u===void 0&&(u=f(ne,he));let X=g?f(ne,he):u;return X.width=ne,X.height=he,X.getContext("2d").drawImage(T,0,0,ne,he),me("WebGLRenderer: Texture has been resized from ("+K.width+"x"+K.height+") to ("+ne+"x"+he+")."),X}else return"data"in T&&me("WebGLRenderer: Image in DataTexture is too big ("+K.width+"x"+K.height+")."),T;return T}function b(T){return T.generateMipmaps}function v(T){n.generateMipmap(T)}function R(T){return T.isWebGLCubeRenderTarget?n.TEXTURE_CUBE_MAP:T.isWebGL3DRenderTarget?n.TEXTURE_3D:T.isWebGLArrayRenderTarget||T.isCompressedArrayTexture?n.TEXTURE_2D_ARRAY:n.TEXTURE_2D}function A(T,g,O,j,K,ne=!1){if(T!==null){if(n[T]!==void 0)return n[T];me("WebGLRenderer: Attempt to use non-existing WebGL internal format '"+T+"'")}let he;j&&(he=e.get("EXT_texture_norm16"),he||me("WebGLRenderer: Unable to use normalized textures without EXT_texture_norm16 extension"));let X=g;if(g===n.RED&&(O===n.FLOAT&&(X=n.R32F),O===n.HALF_FLOAT&&(X=n.R16F),O===n.UNSIGNED_BYTE&&(X=n.R8),O===n.UNSIGNED_SHORT&&he&&(X=he.R16_EXT),O===n.SHORT&&he&&(X=he.R16_SNORM_EXT)),g===n.RED_INTEGER&&(O===n.UNSIGNED_BYTE&&(X=n.R8UI),O===n.UNSIGNED_SHORT&&(X=n.R16UI),O===n.UNSIGNED_INT&&(X=n.R32UI),O===n.BYTE&&(X=n.R8I),O===n.SHORT&&(X=n.R16I),O===n.INT&&(X=n.R32I)),g===n.RG&&(O===n.FLOAT&&(X=n.RG32F),O===n.HALF_FLOAT&&(X=n.RG16F),O===n.UNSIGNED_BYTE&&(X=n.RG8),O===n.UNSIGNED_SHORT&&he&&(X=he.RG16_EXT),O===n.SHORT&&he&&(X=he.RG16_SNORM_EXT)),g===n.RG_INTEGER&&(O===n.UNSIGNED_BYTE&&(X=n.RG8UI),O===n.UNSIGNED_SHORT&&(X=n.RG16UI),O===n.UNSIGNED_INT&&(X=n.RG32UI),O===n.BYTE&&(X=n.RG8I),O===n.SHORT&&(X=n.RG16I),O===n.INT&&(X=n.RG32I)),g===n.RGB_INTEGER&&(O===n.UNSIGNED_BYTE&&(X=n.RGB8UI),O===n.UNSIGNED_SHORT&&(X=n.RGB16UI),O===n.UNSIGNED_INT&&(X=n.RGB32UI),O===n.BYTE&&(X=n.RGB8I),O===n.SHORT&&(X=n.RGB16I),O===n.INT&&(X=n.RGB32I)),g===n.RGBA_INTEGER&&(O===n.UNSIGNED_BYTE&&(X=n.RGBA8UI),O===n.UNSIGNED_SHORT&&(X=n.RGBA16UI),O===n.UNSIGNED_INT&&(X=n.RGBA32UI),O===n.BYTE&&(X=n.RGBA8I),O===n.SHORT&&(X=n.RGBA16I),O===n.INT&&(X=n.RGBA32I)),g===n.RGB&&(O===n.UNSIGNED_SHORT&&he&&(X=he.RGB16_EXT),O===n.SHORT&&he&&(X=he.RGB16_SNORM_EXT),O===n.UNSIGNED_INT_5_9_9_9_REV&&(X=n.RGB9_E5),O===n.UNSIGNED_INT_10F_11F_11F_REV&&(X=n.R11F_G11F_B10F)),g===n.RGBA){let Y=ne?gn:Le.getTransfer(K);O===n.FLOAT&&(X=n.RGBA32F),O===n.HALF_FLOAT&&(X=n.RGBA16F),O===n.UNSIGNED_BYTE&&(X=Y===He?n.SRGB8_ALPHA8:n.RGBA8),O===n.UNSIGNED_SHORT&&he&&(X=he.RGBA16_EXT),O===n.SHORT&&he&&(X=he.RGBA16_SNORM_EXT),O===n.UNSIGNED_SHORT_4_4_4_4&&(X=n.RGBA4),O===n.UNSIGNED_SHORT_5_5_5_1&&(X=n.RGB5_A1)}return(X===n.R16F||X===n.R32F||X===n.RG16F||X===n.RG32F||X===n.RGBA16F||X===n.RGBA32F)&&e.get("EXT_color_buffer_float"),X}function _(T,g){let O;return T?g===null||g===Bt||g===Ui?O=n.DEPTH24_STENCIL8:g===ut?O=n.DEPTH32F_STENCIL8:g===Ii&&(O=n.DEPTH24_STENCIL8,me("DepthTexture: 16 bit depth attachment is not supported with stencil. Using 24-bit attachment.")):g===null||g===Bt||g===Ui?O=n.DEPTH_COMPONENT24:g===ut?O=n.DEPTH_COMPONENT32F:g===Ii&&(O=n.DEPTH_COMPONENT16),O}function y(T,g){return b(T)===!0||T.isFramebufferTexture&&T.minFilter!==ot&&T.minFilter!==St?Math.log2(Math.max(g.width,g.height))+1:T.mipmaps.length>0?T.mipmaps.length:T.isCompressedTexture&&Array.isArray(T.image)?g.mipmaps.length:1}function N(T){let g=new WeakRef(T);i.get(T).__ref=g,M.add(g),E.register(T,g,g)}function D(T){let g=i.get(T).__ref;g!==void 0&&(M.delete(g),E.unregister(g))}function U(T){J(T.target)}function G(T){P(T.target)}function J(T){T.removeEventListener("dispose",U),D(T),Z(T),T.isVideoTexture&&c.delete(T),T.isHTMLTexture&&p.delete(T)}function P(T){T.removeEventListener("dispose",G),D(T),te(T)}function H(){for(let T of M){let g=T.deref();g!==void 0&&(g.isRenderTarget===!0?P(g):J(g))}M.clear(),p.clear()}function Z(T){let g=i.get(T);if(g.__webglInit===void 0)return;let O=T.source,j=d.get(O);if(j){let K=j[g.__cacheKey];K.usedTimes--,K.usedTimes===0&&k(T),Object.keys(j).length===0&&d.delete(O)}i.remove(T)}function k(T){let g=i.get(T);n.deleteTexture(g.__webglTexture);let O=T.source,j=d.get(O);delete j[g.__cacheKey],o.memory.textures--}function te(T){let g=i.get(T);g.__depthDisposeCallback&&g.__depthDisposeCallback();let O=T.depthTexture;if(O&&O.renderTarget===T&&J(O),T.isWebGLCubeRenderTarget)for(let K=0;K<6;K++){if(Array.isArray(g.__webglFramebuffer[K]))for(let ne=0;ne<g.__webglFramebuffer[K].length;ne++)n.deleteFramebuffer(g.__webglFramebuffer[K][ne]);else n.deleteFramebuffer(g.__webglFramebuffer[K]);g.__webglDepthbuffer&&n.deleteRenderbuffer(g.__webglDepthbuffer[K])}else{if(Array.isArray(g.__webglFramebuffer))for(let K=0;K<g.__webglFramebuffer.length;K++)n.deleteFramebuffer(g.__webglFramebuffer[K]);else n.deleteFramebuffer(g.__webglFramebuffer);if(g.__webglDepthbuffer&&n.deleteRenderbuffer(g.__webglDepthbuffer),g.__webglMultisampledFramebuffer&&n.deleteFramebuffer(g.__webglMultisampledFramebuffer),g.__webglColorRenderbuffer)for(let K=0;K<g.__webglColorRenderbuffer.length;K++)g.__webglColorRenderbuffer[K]&&n.deleteRenderbuffer(g.__webglColorRenderbuffer[K]);g.__webglDepthRenderbuffer&&n.deleteRenderbuffer(g.__webglDepthRenderbuffer)}let j=T.textures;for(let K=0,ne=j.length;K<ne;K++){let he=i.get(j[K]);he.__webglTexture&&(n.deleteTexture(he.__webglTexture),o.memory.textures--),i.remove(j[K])}i.remove(T)}let W=0;function $(){W=0}function Q(){return W}function Ee(T){W=T}function Fe(){let T=W;return T>=r.maxTextures&&me("WebGLTextures: Trying to use "+(T+1)+" texture units while this GPU supports only "+r.maxTextures),W+=1,T}function Oe(T){let g=[];return g.push(T.wrapS),g.push(T.wrapT),g.push(T.wrapR||0),g.push(T.magFilter),g.push(T.minFilter),g.push(T.anisotropy),g.push(T.internalFormat),g.push(T.format),g.push(T.type),g.push(T.generateMipmaps),g.push(T.mipmapsAutoUpdate),g.push(T.premultiplyAlpha),g.push(T.flipY),g.push(T.unpackAlignment),g.push(T.colorSpace),g.join()}function tt(T,g){let O=i.get(T);if(T.isVideoTexture&&Mt(T),T.isRenderTargetTexture===!1&&T.isExternalTexture!==!0&&T.version>0&&O.__version!==T.version){let j=T.image;if(j===null)me("WebGLRenderer: Texture marked for update but no image data found.");else if(j.complete===!1)me("WebGLRenderer: Texture marked for update but image is incomplete");else{xt(O,T,g);return}}else T.isExternalTexture&&(O.__webglTexture=T.sourceTexture?T.sourceTexture:null);t.bindTexture(n.TEXTURE_2D,O.__webglTexture,n.TEXTURE0+g)}function $e(T,g){let O=i.get(T);if(T.isRenderTargetTexture===!1&&T.version>0&&O.__version!==T.version){xt(O,T,g);return}else T.isExternalTexture&&(O.__webglTexture=T.sourceTexture?T.sourceTexture:null);t.bindTexture(n.TEXTURE_2D_ARRAY,O.__webglTexture,n.TEXTURE0+g)}function Qe(T,g){let O=i.get(T);if(T.isRenderTargetTexture===!1&&T.version>0&&O.__version!==T.version){xt(O,T,g);return}t.bindTexture(n.TEXTURE_3D,O.__webglTexture,n.TEXTURE0+g)}function Ae(T,g){let O=i.get(T);if(T.version>0&&O.__version!==T.version){Zt(O,T,g);return}t.bindTexture(n.TEXTURE_CUBE_MAP,O.__webglTexture,n.TEXTURE0+g)}let je={[Nr]:n.REPEAT,[gi]:n.CLAMP_TO_EDGE,[Fr]:n.MIRRORED_REPEAT},_t={[ot]:n.NEAREST,[hh]:n.NEAREST_MIPMAP_NEAREST,[Or]:n.NEAREST_MIPMAP_LINEAR,[St]:n.LINEAR,[ao]:n.LINEAR_MIPMAP_NEAREST,[xi]:n.LINEAR_MIPMAP_LINEAR},Xe={[dh]:n.NEVER,[xo]:n.ALWAYS,[ph]:n.LESS,[_o]:n.LEQUAL,[mh]:n.EQUAL,[go]:n.GEQUAL,[_h]:n.GREATER,[gh]:n.NOTEQUAL};function gt(T,g){if(g.type===ut&&e.has("OES_texture_float_linear")===!1&&(g.magFilter===St||g.magFilter===ao||g.magFilter===Or||g.magFilter===xi||g.minFilter===St||g.minFilter===ao||g.minFilter===Or||g.minFilter===xi)&&me("WebGLRenderer: Unable to use linear filtering with floating point textures. OES_texture_float_linear not supported on this device."),n.texParameteri(T,n.TEXTURE_WRAP_S,je[g.wrapS]),n.texParameteri(T,n.TEXTURE_WRAP_T,je[g.wrapT]),(T===n.TEXTURE_3D||T===n.TEXTURE_2D_ARRAY)&&n.texParameteri(T,n.TEXTURE_WRAP_R,je[g.wrapR]),n.texParameteri(T,n.TEXTURE_MAG_FILTER,_t[g.magFilter]),n.texParameteri(T,n.TEXTURE_MIN_FILTER,_t[g.minFilter]),g.compareFunction&&(n.texParameteri(T,n.TEXTURE_COMPARE_MODE,n.COMPARE_REF_TO_TEXTURE),n.texParameteri(T,n.TEXTURE_COMPARE_FUNC,Xe[g.compareFunction])),e.has("EXT_texture_filter_anisotropic")===!0){if(g.magFilter===ot||g.minFilter!==Or&&g.minFilter!==xi||g.type===ut&&e.has("OES_texture_float_linear")===!1)return;if(g.anisotropy>1||i.get(g).__currentAnisotropy){let O=e.get("EXT_texture_filter_anisotropic");n.texParameterf(T,O.TEXTURE_MAX_ANISOTROPY_EXT,Math.min(g.anisotropy,r.getMaxAnisotropy())),i.get(g).__currentAnisotropy=g.anisotropy}}}function Xt(T,g){let O=!1;T.__webglInit===void 0&&(T.__webglInit=!0,g.addEventListener("dispose",U),N(g));let j=g.source,K=d.get(j);K===void 0&&(K={},d.set(j,K));let ne=Oe(g);if(ne!==T.__cacheKey){K[ne]===void 0&&(K[ne]={texture:n.createTexture(),usedTimes:0},o.memory.textures++,O=!0),K[ne].usedTimes++;let he=K[T.__cacheKey];he!==void 0&&(K[T.__cacheKey].usedTimes--,he.usedTimes===0&&k(g)),T.__cacheKey=ne,T.__webglTexture=K[ne].texture}return O}function Dt(T,g,O){return Math.floor(Math.floor(T/O)/g)}function ei(T,g,O,j){let ne=T.updateRanges;if(ne.length===0)t.texSubImage2D(n.TEXTURE_2D,0,0,0,g.width,g.height,O,j,g.data);else{ne.sort((w,q)=>w.start-q.start);let he=0;for(let w=1;w<ne.length;w++){let q=ne[he],V=ne[w],oe=q.start+q.count,ie=Dt(V.start,g.width,4),re=Dt(q.start,g.width,4);V.start<=oe+1&&ie===re&&Dt(V.start+V.count-1,g.width,4)===ie?q.count=Math.max(q.count,V.start+V.count-q.start):(++he,ne[he]=V)}ne.length=he+1;let X=t.getParameter(n.UNPACK_ROW_LENGTH),Y=t.getParameter(n.UNPACK_SKIP_PIXELS),se=t.getParameter(n.UNPACK_SKIP_ROWS);t.pixelStorei(n.UNPACK_ROW_LENGTH,g.width);for(let w=0,q=ne.length;w<q;w++){let V=ne[w],oe=Math.floor(V.start/4),ie=Math.ceil(V.count/4),re=oe%g.width,Te=Math.floor(oe/g.width),Ue=ie,ee=1;t.pixelStorei(n.UNPACK_SKIP_PIXELS,re),t.pixelStorei(n.UNPACK_SKIP_ROWS,Te),t.texSubImage2D(n.TEXTURE_2D,0,re,Te,Ue,ee,O,j,g.data)}T.clearUpdateRanges(),t.pixelStorei(n.UNPACK_ROW_LENGTH,X),t.pixelStorei(n.UNPACK_SKIP_PIXELS,Y),t.pixelStorei(n.UNPACK_SKIP_ROWS,se)}}function xt(T,g,O){let j=n.TEXTURE_2D;(g.isDataArrayTexture||g.isCompressedArrayTexture)&&(j=n.TEXTURE_2D_ARRAY),g.isData3DTexture&&(j=n.TEXTURE_3D);let K=Xt(T,g),ne=g.source;t.bindTexture(j,T.__webglTexture,n.TEXTURE0+O);let he=i.get(ne);if(ne.version!==he.__version||K===!0){if(t.activeTexture(n.TEXTURE0+O),(typeof ImageBitmap<"u"&&g.image instanceof ImageBitmap)===!1){let ee=Le.getPrimaries(Le.workingColorSpace),be=g.colorSpace===fi?null:Le.getPrimaries(g.colorSpace),De=g.colorSpace===fi||ee===be?n.NONE:n.BROWSER_DEFAULT_WEBGL;t.pixelStorei(n.UNPACK_FLIP_Y_WEBGL,g.flipY),t.pixelStorei(n.UNPACK_PREMULTIPLY_ALPHA_WEBGL,g.premultiplyAlpha),t.pixelStorei(n.UNPACK_COLORSPACE_CONVERSION_WEBGL,De)}t.pixelStorei(n.UNPACK_ALIGNMENT,g.unpackAlignment);let Y=S(g.image,!1,r.maxTextureSize);Y=we(g,Y);let se=s.convert(g.format,g.colorSpace),w=s.convert(g.type),q=A(g.internalFormat,se,w,g.normalized,g.colorSpace,g.isVideoTexture);gt(j,g);let V,oe=g.mipmaps,ie=g.isVideoTexture!==!0,re=he.__version===void 0||K===!0,Te=ne.dataReady,Ue=y(g,Y);if(g.isDepthTexture)q=_(g.format===Mi,g.type),re&&(ie?t.texStorage2D(n.TEXTURE_2D,1,q,Y.width,Y.height):t.texImage2D(n.TEXTURE_2D,0,q,Y.width,Y.height,0,se,w,null));else if(g.isDataTexture)if(oe.length>0){ie&&re&&t.texStorage2D(n.TEXTURE_2D,Ue,q,oe[0].width,oe[0].height);for(let ee=0,be=oe.length;ee<be;ee++)V=oe[ee],ie?Te&&t.texSubImage2D(n.TEXTURE_2D,ee,0,0,V.width,V.height,se,w,V.data):t.texImage2D(n.TEXTURE_2D,ee,q,V.width,V.height,0,se,w,V.data);g.generateMipmaps=!1}else ie?(re&&t.texStorage2D(n.TEXTURE_2D,Ue,q,Y.width,Y.height),Te&&ei(g,Y,se,w)):t.texImage2D(n.TEXTURE_2D,0,q,Y.width,Y.height,0,se,w,Y.data);else if(g.isCompressedTexture)if(g.isCompressedArrayTexture){ie&&re&&t.texStorage3D(n.TEXTURE_2D_ARRAY,Ue,q,oe[0].width,oe[0].height,Y.depth);for(let ee=0,be=oe.length;ee<be;ee++)if(V=oe[ee],g.format!==qt)if(se!==null)if(ie){if(Te)if(g.layerUpdates.size>0){let De=rl(V.width,V.height,g.format,g.type);for(let de of g.layerUpdates){let Je=V.data.subarray(de*De/V.data.BYTES_PER_ELEMENT,(de+1)*De/V.data.BYTES_PER_ELEMENT);t.compressedTexSubImage3D(n.TEXTURE_2D_ARRAY,ee,0,0,de,V.width,V.height,1,se,Je)}}else t.compressedTexSubImage3D(n.TEXTURE_2D_ARRAY,ee,0,0,0,V.width,V.height,Y.depth,se,V.data)}else t.compressedTexImage3D(n.TEXTURE_2D_ARRAY,ee,q,V.width,V.height,Y.depth,0,V.data,0,0);else me("WebGLRenderer: Attempt to load unsupported compressed texture format in .uploadTexture()");else ie?Te&&t.texSubImage3D(n.TEXTURE_2D_ARRAY,ee,0,0,0,V.width,V.height,Y.depth,se,w,V.data):t.texImage3D(n.TEXTURE_2D_ARRAY,ee,q,V.width,V.height,Y.depth,0,se,w,V.data);g.layerUpdates.size>0&&g.clearLayerUpdates()}else{ie&&re&&t.texStorage2D(n.TEXTURE_2D,Ue,q,oe[0].width,oe[0].height);for(let ee=0,be=oe.length;ee<be;ee++)V=oe[ee],g.format!==qt?se!==null?ie?Te&&t.compressedTexSubImage2D(n.TEXTURE_2D,ee,0,0,V.width,V.height,se,V.data):t.compressedTexImage2D(n.TEXTURE_2D,ee,q,V.width,V.height,0,V.data):me("WebGLRenderer: Attempt to load unsupported compressed texture format in .uploadTexture()"):ie?Te&&t.texSubImage2D(n.TEXTURE_2D,ee,0,0,V.width,V.height,se,w,V.data):t.texImage2D(n.TEXTURE_2D,ee,q,V.width,V.height,0,se,w,V.data)}else if(g.isDataArrayTexture)if(ie){if(re&&t.texStorage3D(n.TEXTURE_2D_ARRAY,Ue,q,Y.width,Y.height,Y.depth),Te)if(g.layerUpdates.size>0){let ee=rl(Y.width,Y.height,g.format,g.type);for(let be of g.layerUpdates){let De=Y.data.subarray(be*ee/Y.data.BYTES_PER_ELEMENT,(be+1)*ee/Y.data.BYTES_PER_ELEMENT);t.texSubImage3D(n.TEXTURE_2D_ARRAY,0,0,0,be,Y.width,Y.height,1,se,w,De)}g.clearLayerUpdates()}else t.texSubImage3D(n.TEXTURE_2D_ARRAY,0,0,0,0,Y.width,Y.height,Y.depth,se,w,Y.data)}else t.texImage3D(n.TEXTURE_2D_ARRAY,0,q,Y.width,Y.height,Y.depth,0,se,w,Y.data);else if(g.isData3DTexture)ie?(re&&t.texStorage3D(n.TEXTURE_3D,Ue,q,Y.width,Y.height,Y.depth),Te&&t.texSubImage3D(n.TEXTURE_3D,0,0,0,0,Y.width,Y.height,Y.depth,se,w,Y.data)):t.texImage3D(n.TEXTURE_3D,0,q,Y.width,Y.height,Y.depth,0,se,w,Y.data);else if(g.isFramebufferTexture){if(re)if(ie)t.texStorage2D(n.TEXTURE_2D,Ue,q,Y.width,Y.height);else{let ee=Y.width,be=Y.height;for(let De=0;De<Ue;De++)t.texImage2D(n.TEXTURE_2D,De,q,ee,be,0,se,w,null),ee>>=1,be>>=1}}else if(g.isHTMLTexture){if("texElementImage2D"in n){let ee=n.canvas;if(ee.hasAttribute("layoutsubtree")||ee.setAttribute("layoutsubtree","true"),Y.parentNode!==ee){ee.appendChild(Y),p.add(g),ee.onpaint=be=>{let De=be.changedElements;for(let de of p)De.includes(de.image)&&(de.needsUpdate=!0)},ee.requestPaint();return}if(n.texElementImage2D.length===3)n.texElementImage2D(n.TEXTURE_2D,n.RGBA8,Y);else{let De=n.RGBA,de=n.RGBA,Je=n.UNSIGNED_BYTE;n.texElementImage2D(n.TEXTURE_2D,0,De,de,Je,Y)}n.texParameteri(n.TEXTURE_2D,n.TEXTURE_MIN_FILTER,n.LINEAR),n.texParameteri(n.TEXTURE_2D,n.TEXTURE_WRAP_S,n.CLAMP_TO_EDGE),n.texParameteri(n.TEXTURE_2D,n.TEXTURE_WRAP_T,n.CLAMP_TO_EDGE)}}else if(oe.length>0){if(ie&&re){let ee=Ce(oe[0]);t.texStorage2D(n.TEXTURE_2D,Ue,q,ee.width,ee.height)}for(let ee=0,be=oe.length;ee<be;ee++)V=oe[ee],ie?Te&&t.texSubImage2D(n.TEXTURE_2D,ee,0,0,se,w,V):t.texImage2D(n.TEXTURE_2D,ee,q,se,w,V);g.generateMipmaps=!1}else if(ie){if(re){let ee=Ce(Y);t.texStorage2D(n.TEXTURE_2D,Ue,q,ee.width,ee.height)}Te&&t.texSubImage2D(n.TEXTURE_2D,0,0,0,se,w,Y)}else t.texImage2D(n.TEXTURE_2D,0,q,se,w,Y);b(g)&&g.mipmapsAutoUpdate===!0&&v(j),he.__version=ne.version,g.onUpdate&&g.onUpdate(g)}T.__version=g.version}function Zt(T,g,O){if(g.image.length!==6)return;let j=Xt(T,g),K=g.source;t.bindTexture(n.TEXTURE_CUBE_MAP,T.__webglTexture,n.TEXTURE0+O);let ne=i.get(K);if(K.version!==ne.__version||j===!0){t.activeTexture(n.TEXTURE0+O);let he=Le.getPrimaries(Le.workingColorSpace),X=g.colorSpace===fi?null:Le.getPrimaries(g.colorSpace),Y=g.colorSpace===fi||he===X?n.NONE:n.BROWSER_DEFAULT_WEBGL;t.pixelStorei(n.UNPACK_FLIP_Y_WEBGL,g.flipY),t.pixelStorei(n.UNPACK_PREMULTIPLY_ALPHA_WEBGL,g.premultiplyAlpha),t.pixelStorei(n.UNPACK_ALIGNMENT,g.unpackAlignment),t.pixelStorei(n.UNPACK_COLORSPACE_CONVERSION_WEBGL,Y);let se=g.isCompressedTexture||g.image[0].isCompressedTexture,w=g.image[0]&&g.image[0].isDataTexture,q=[];for(let de=0;de<6;de++)!se&&!w?q[de]=S(g.image[de],!0,r.maxCubemapSize):q[de]=w?g.image[de].image:g.image[de],q[de]=we(g,q[de]);let V=q[0],oe=s.convert(g.format,g.colorSpace),ie=s.convert(g.type),re=A(g.internalFormat,oe,ie,g.normalized,g.colorSpace),Te=g.isVideoTexture!==!0,Ue=ne.__version===void 0||j===!0,ee=K.dataReady,be=y(g,V);gt(n.TEXTURE_CUBE_MAP,g);let De;if(g.isDepthTexture){if(re=_(g.format===Mi,g.type),Ue)if(Te)t.texStorage2D(n.TEXTURE_CUBE_MAP,1,re,V.width,V.height);else for(let de=0;de<6;de++)t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,0,re,V.width,V.height,0,oe,ie,null)}else if(se){Te&&Ue&&t.texStorage2D(n.TEXTURE_CUBE_MAP,be,re,V.width,V.height);for(let de=0;de<6;de++){De=q[de].mipmaps;for(let Je=0;Je<De.length;Je++){let At=De[Je];g.format!==qt?oe!==null?Te?ee&&t.compressedTexSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je,0,0,At.width,At.height,oe,At.data):t.compressedTexImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je,re,At.width,At.height,0,At.data):me("WebGLRenderer: Attempt to load unsupported compressed texture format in .setTextureCube()"):Te?ee&&t.texSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je,0,0,At.width,At.height,oe,ie,At.data):t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je,re,At.width,At.height,0,oe,ie,At.data)}}}else{if(De=g.mipmaps,Te&&Ue){De.length>0&&be++;let de=Ce(q[0]);t.texStorage2D(n.TEXTURE_CUBE_MAP,be,re,de.width,de.height)}for(let de=0;de<6;de++)if(w){Te?ee&&t.texSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,0,0,0,q[de].width,q[de].height,oe,ie,q[de].data):t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,0,re,q[de].width,q[de].height,0,oe,ie,q[de].data);for(let Je=0;Je<De.length;Je++){let Wi=De[Je].image[de].image;Te?ee&&t.texSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je+1,0,0,Wi.width,Wi.height,oe,ie,Wi.data):t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je+1,re,Wi.width,Wi.height,0,oe,ie,Wi.data)}}else{Te?ee&&t.texSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,0,0,0,oe,ie,q[de]):t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,0,re,oe,ie,q[de]);for(let Je=0;Je<De.length;Je++){let At=De[Je];Te?ee&&t.texSubImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je+1,0,0,oe,ie,At.image[de]):t.texImage2D(n.TEXTURE_CUBE_MAP_POSITIVE_X+de,Je+1,re,oe,ie,At.image[de])}}}b(g)&&g.mipmapsAutoUpdate===!0&&v(n.TEXTURE_CUBE_MAP),ne.__version=K.version,g.onUpdate&&g.onUpdate(g)}T.__version=g.version}function at(T,g,O,j,K,ne){let he=s.convert(O.format,O.colorSpace),X=s.convert(O.type),Y=A(O.internalFormat,he,X,O.normalized,O.colorSpace),se=i.get(g),w=i.get(O);if(w.__renderTarget=g,!se.__hasExternalTextures){let q=Math.max(1,g.width>>ne),V=Math.max(1,g.height>>ne);K===n.TEXTURE_3D||K===n.TEXTURE_2D_ARRAY?t.texImage3D(K,ne,Y,q,V,g.depth,0,he,X,null):t.texImage2D(K,ne,Y,q,V,0,he,X,null)}t.bindFramebuffer(n.FRAMEBUFFER,T),fe(g)?a.framebufferTexture2DMultisampleEXT(n.FRAMEBUFFER,j,K,w.__webglTexture,0,st(g)):(K===n.TEXTURE_2D||K>=n.TEXTURE_CUBE_MAP_POSITIVE_X&&K<=n.TEXTURE_CUBE_MAP_NEGATIVE_Z)&&n.framebufferTexture2D(n.FRAMEBUFFER,j,K,w.__webglTexture,ne),t.bindFramebuffer(n.FRAMEBUFFER,null)}function Ci(T,g,O){if(n.bindRenderbuffer(n.RENDERBUFFER,T),g.depthBuffer){let j=g.depthTexture,K=j&&j.isDepthTexture?j.type:null,ne=_(g.stencilBuffer,K),he=g.stencilBuffer?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT;fe(g)?a.renderbufferStorageMultisampleEXT(n.RENDERBUFFER,st(g),ne,g.width,g.height):O?n.renderbufferStorageMultisample(n.RENDERBUFFER,st(g),ne,g.width,g.height):n.renderbufferStorage(n.RENDERBUFFER,ne,g.width,g.height),n.framebufferRenderbuffer(n.FRAMEBUFFER,he,n.RENDERBUFFER,T)}else{let j=g.textures;for(let K=0;K<j.length;K++){let ne=j[K],he=s.convert(ne.format,ne.colorSpace),X=s.convert(ne.type),Y=A(ne.internalFormat,he,X,ne.normalized,ne.colorSpace);fe(g)?a.renderbufferStorageMultisampleEXT(n.RENDERBUFFER,st(g),Y,g.width,g.height):O?n.renderbufferStorageMultisample(n.RENDERBUFFER,st(g),Y,g.width,g.height):n.renderbufferStorage(n.RENDERBUFFER,Y,g.width,g.height)}}n.bindRenderbuffer(n.RENDERBUFFER,null)}function vt(T,g,O){let j=g.isWebGLCubeRenderTarget===!0;if(t.bindFramebuffer(n.FRAMEBUFFER,T),!(g.depthTexture&&g.depthTexture.isDepthTexture))throw new Error("THREE.WebGLTextures: renderTarget.depthTexture must be an instance of THREE.DepthTexture.");let K=i.get(g.depthTexture);K.__renderTarget=g;let ne=j?g.depthTexture.image[0]:g.depthTexture.image;(!K.__webglTexture||ne.width!==g.width||ne.height!==g.height)&&(ne.width=g.width,ne.height=g.height,g.depthTexture.needsUpdate=!0),j?Ae(g.depthTexture,0):tt(g.depthTexture,0);let he=K.__webglTexture,X=st(g),Y=j?n.TEXTURE_CUBE_MAP_POSITIVE_X+O:n.TEXTURE_2D,se=g.depthTexture.format===Mi?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT;if(g.depthTexture.format===ci)fe(g)?a.framebufferTexture2DMultisampleEXT(n.FRAMEBUFFER,se,Y,he,0,X):n.framebufferTexture2D(n.FRAMEBUFFER,se,Y,he,0);else if(g.depthTexture.format===Mi)fe(g)?a.framebufferTexture2DMultisampleEXT(n.FRAMEBUFFER,se,Y,he,0,X):n.framebufferTexture2D(n.FRAMEBUFFER,se,Y,he,0);else throw new Error("THREE.WebGLTextures: Unknown depthTexture format.")}function si(T){let g=i.get(T),O=T.isWebGLCubeRenderTarget===!0;if(g.__boundDepthTexture!==T.depthTexture){let j=T.depthTexture;if(g.__depthDisposeCallback&&g.__depthDisposeCallback(),j){let K=()=>{delete g.__boundDepthTexture,delete g.__depthDisposeCallback,j.removeEventListener("dispose",K)};j.addEventListener("dispose",K),g.__depthDisposeCallback=K}g.__boundDepthTexture=j}if(T.depthTexture&&!g.__autoAllocateDepthBuffer)if(O)for(let j=0;j<6;j++)vt(g.__webglFramebuffer[j],T,j);else T.texture.mipmaps.length>0?vt(g.__webglFramebuffer[0],T,0):vt(g.__webglFramebuffer,T,0);else if(O){g.__webglDepthbuffer=[];for(let j=0;j<6;j++)if(t.bindFramebuffer(n.FRAMEBUFFER,g.__webglFramebuffer[j]),g.__webglDepthbuffer[j]===void 0)g.__webglDepthbuffer[j]=n.createRenderbuffer(),Ci(g.__webglDepthbuffer[j],T,!1);else{let K=T.stencilBuffer?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT,ne=g.__webglDepthbuffer[j];n.bindRenderbuffer(n.RENDERBUFFER,ne),n.framebufferRenderbuffer(n.FRAMEBUFFER,K,n.RENDERBUFFER,ne)}}else if(T.texture.mipmaps.length>0?t.bindFramebuffer(n.FRAMEBUFFER,g.__webglFramebuffer[0]):t.bindFramebuffer(n.FRAMEBUFFER,g.__webglFramebuffer),g.__webglDepthbuffer===void 0)g.__webglDepthbuffer=n.createRenderbuffer(),Ci(g.__webglDepthbuffer,T,!1);else{let K=T.stencilBuffer?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT,ne=g.__webglDepthbuffer;n.bindRenderbuffer(n.RENDERBUFFER,ne),n.framebufferRenderbuffer(n.FRAMEBUFFER,K,n.RENDERBUFFER,ne)}t.bindFramebuffer(n.FRAMEBUFFER,null)}function oi(T,g,O){let j=i.get(T);g!==void 0&&at(j.__webglFramebuffer,T,T.texture,n.COLOR_ATTACHMENT0,n.TEXTURE_2D,0),O!==void 0&&si(T)}function ai(T){let g=T.texture,O=i.get(T),j=i.get(g);T.addEventListener("dispose",G),N(T);let K=T.textures,ne=T.isWebGLCubeRenderTarget===!0,he=K.length>1;if(he||(j.__webglTexture===void 0&&(j.__webglTexture=n.createTexture()),j.__version=g.version,o.memory.textures++),ne){O.__webglFramebuffer=[];for(let X=0;X<6;X++)if(g.mipmaps.length>0){O.__webglFramebuffer[X]=[];for(let Y=0;Y<g.mipmaps.length;Y++)O.__webglFramebuffer[X][Y]=n.createFramebuffer()}else O.__webglFramebuffer[X]=n.createFramebuffer()}else{if(g.mipmaps.length>0){O.__webglFramebuffer=[];for(let X=0;X<g.mipmaps.length;X++)O.__webglFramebuffer[X]=n.createFramebuffer()}else O.__webglFramebuffer=n.createFramebuffer();if(he)for(let X=0,Y=K.length;X<Y;X++){let se=i.get(K[X]);se.__webglTexture===void 0&&(se.__webglTexture=n.createTexture(),o.memory.textures++)}if(T.samples>0&&fe(T)===!1){O.__webglMultisampledFramebuffer=n.createFramebuffer(),O.__webglColorRenderbuffer=[],t.bindFramebuffer(n.FRAMEBUFFER,O.__webglMultisampledFramebuffer);for(let X=0;X<K.length;X++){let Y=K[X];O.__webglColorRenderbuffer[X]=n.createRenderbuffer(),n.bindRenderbuffer(n.RENDERBUFFER,O.__webglColorRenderbuffer[X]);let se=s.convert(Y.format,Y.colorSpace),w=s.convert(Y.type),q=A(Y.internalFormat,se,w,Y.normalized,Y.colorSpace,T.isXRRenderTarget===!0),V=st(T);n.renderbufferStorageMultisample(n.RENDERBUFFER,V,q,T.width,T.height),n.framebufferRenderbuffer(n.FRAMEBUFFER,n.COLOR_ATTACHMENT0+X,n.RENDERBUFFER,O.__webglColorRenderbuffer[X])}n.bindRenderbuffer(n.RENDERBUFFER,null),T.depthBuffer&&(O.__webglDepthRenderbuffer=n.createRenderbuffer(),Ci(O.__webglDepthRenderbuffer,T,!0)),t.bindFramebuffer(n.FRAMEBUFFER,null)}}if(ne){t.bindTexture(n.TEXTURE_CUBE_MAP,j.__webglTexture),gt(n.TEXTURE_CUBE_MAP,g);for(let X=0;X<6;X++)if(g.mipmaps.length>0)for(let Y=0;Y<g.mipmaps.length;Y++)at(O.__webglFramebuffer[X][Y],T,g,n.COLOR_ATTACHMENT0,n.TEXTURE_CUBE_MAP_POSITIVE_X+X,Y);else at(O.__webglFramebuffer[X],T,g,n.COLOR_ATTACHMENT0,n.TEXTURE_CUBE_MAP_POSITIVE_X+X,0);b(g)?v(n.TEXTURE_CUBE_MAP):g.mipmaps.length>0&&n.texParameteri(n.TEXTURE_CUBE_MAP,n.TEXTURE_MAX_LEVEL,g.mipmaps.length-1),t.unbindTexture()}else if(he){for(let X=0,Y=K.length;X<Y;X++){let se=K[X],w=i.get(se),q=n.TEXTURE_2D;(T.isWebGL3DRenderTarget||T.isWebGLArrayRenderTarget)&&(q=T.isWebGL3DRenderTarget?n.TEXTURE_3D:n.TEXTURE_2D_ARRAY),t.bindTexture(q,w.__webglTexture),gt(q,se),at(O.__webglFramebuffer,T,se,n.COLOR_ATTACHMENT0+X,q,0),b(se)&&v(q)}t.unbindTexture()}else{let X=n.TEXTURE_2D;if((T.isWebGL3DRenderTarget||T.isWebGLArrayRenderTarget)&&(X=T.isWebGL3DRenderTarget?n.TEXTURE_3D:n.TEXTURE_2D_ARRAY),t.bindTexture(X,j.__webglTexture),gt(X,g),g.mipmaps.length>0)for(let Y=0;Y<g.mipmaps.length;Y++)at(O.__webglFramebuffer[Y],T,g,n.COLOR_ATTACHMENT0,X,Y);else at(O.__webglFramebuffer,T,g,n.COLOR_ATTACHMENT0,X,0);b(g)?v(X):g.mipmaps.length>0&&n.texParameteri(X,n.TEXTURE_MAX_LEVEL,g.mipmaps.length-1),t.unbindTexture()}T.depthBuffer&&si(T)}function I(T){let g=T.textures;for(let O=0,j=g.length;O<j;O++){let K=g[O];if(b(K)&&K.mipmapsAutoUpdate===!0){let ne=R(T),he=i.get(K).__webglTexture;t.bindTexture(ne,he),v(ne),t.unbindTexture()}}}let li=[];function rt(T){if(T.samples>0){if(fe(T)===!1){let g=T.textures,O=T.width,j=T.height,K=n.COLOR_BUFFER_BIT,ne=T.stencilBuffer?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT,he=i.get(T),X=g.length>1;if(X)for(let se=0;se<g.length;se++)t.bindFramebuffer(n.FRAMEBUFFER,he.__webglMultisampledFramebuffer),n.framebufferRenderbuffer(n.FRAMEBUFFER,n.COLOR_ATTACHMENT0+se,n.RENDERBUFFER,null),t.bindFramebuffer(n.FRAMEBUFFER,he.__webglFramebuffer),n.framebufferTexture2D(n.DRAW_FRAMEBUFFER,n.COLOR_ATTACHMENT0+se,n.TEXTURE_2D,null,0);t.bindFramebuffer(n.READ_FRAMEBUFFER,he.__webglMultisampledFramebuffer),T.texture.mipmaps.length>0?t.bindFramebuffer(n.DRAW_FRAMEBUFFER,he.__webglFramebuffer[0]):t.bindFramebuffer(n.DRAW_FRAMEBUFFER,he.__webglFramebuffer);for(let se=0;se<g.length;se++){if(T.resolveDepthBuffer&&(T.depthBuffer&&(K|=n.DEPTH_BUFFER_BIT),T.stencilBuffer&&T.resolveStencilBuffer&&(K|=n.STENCIL_BUFFER_BIT)),X){n.framebufferRenderbuffer(n.READ_FRAMEBUFFER,n.COLOR_ATTACHMENT0,n.RENDERBUFFER,he.__webglColorRenderbuffer[se]);let w=i.get(g[se]).__webglTexture;n.framebufferTexture2D(n.DRAW_FRAMEBUFFER,n.COLOR_ATTACHMENT0,n.TEXTURE_2D,w,0)}n.blitFramebuffer(0,0,O,j,0,0,O,j,K,n.NEAREST),h===!0&&(li.length=0,li.push(n.COLOR_ATTACHMENT0+se),T.depthBuffer&&T.storeMultisampledDepthBuffer===!1&&li.push(ne),n.invalidateFramebuffer(n.READ_FRAMEBUFFER,li))}if(t.bindFramebuffer(n.READ_FRAMEBUFFER,null),t.bindFramebuffer(n.DRAW_FRAMEBUFFER,null),X)for(let se=0;se<g.length;se++){t.bindFramebuffer(n.FRAMEBUFFER,he.__webglMultisampledFramebuffer),n.framebufferRenderbuffer(n.FRAMEBUFFER,n.COLOR_ATTACHMENT0+se,n.RENDERBUFFER,he.__webglColorRenderbuffer[se]);let w=i.get(g[se]).__webglTexture;t.bindFramebuffer(n.FRAMEBUFFER,he.__webglFramebuffer),n.framebufferTexture2D(n.DRAW_FRAMEBUFFER,n.COLOR_ATTACHMENT0+se,n.TEXTURE_2D,w,0)}t.bindFramebuffer(n.DRAW_FRAMEBUFFER,he.__webglMultisampledFramebuffer)}else if(T.depthBuffer&&T.storeMultisampledDepthBuffer===!1&&h){let g=T.stencilBuffer?n.DEPTH_STENCIL_ATTACHMENT:n.DEPTH_ATTACHMENT;n.invalidateFramebuffer(n.DRAW_FRAMEBUFFER,[g])}}}function st(T){return Math.min(r.maxSamples,T.samples)}function fe(T){let g=i.get(T);return T.samples>0&&e.has("WEBGL_multisampled_render_to_texture")===!0&&g.__useRenderToTexture!==!1}function Mt(T){let g=o.render.frame;c.get(T)!==g&&(c.set(T,g),T.update())}function we(T,g){let O=T.colorSpace,j=T.format,K=T.type;return T.isCompressedTexture===!0||T.isVideoTexture===!0||O!==ms&&O!==fi&&(Le.getTransfer(O)===He?(j!==qt||K!==wt)&&me("WebGLTextures: sRGB encoded textures have to use RGBAFormat and UnsignedByteType."):Ne("WebGLTextures: Unsupported texture color space:",O)),g}function Ce(T){return typeof HTMLImageElement<"u"&&T instanceof HTMLImageElement?(l.width=T.naturalWidth||T.width,l.height=T.naturalHeight||T.height):typeof VideoFrame<"u"&&T instanceof VideoFrame?(l.width=T.displayWidth,l.height=T.displayHeight):(l.width=T.width,l.height=T.height),l}this.allocateTextureUnit=Fe,this.resetTextureUnits=$,this.getTextureUnits=Q,this.setTextureUnits=Ee,this.setTexture2D=tt,this.setTexture2DArray=$e,this.setTexture3D=Qe,this.setTextureCube=Ae,this.rebindTextures=oi,this.setupRenderTarget=ai,this.updateRenderTargetMipmap=I,this.updateMultisampleRenderTarget=rt,this.setupDepthRenderbuffer=si,this.setupFrameBufferTexture=at,this.useMultisampledRTT=fe,this.dispose=H}function Md(n,e){function t(i,r=fi){let s,o=Le.getTransfer(r);if(i===wt)return n.UNSIGNED_BYTE;if(i===Pn)return n.UNSIGNED_SHORT_4_4_4_4;if(i===Ln)return n.UNSIGNED_SHORT_5_5_5_1;if(i===co)return n.UNSIGNED_INT_5_9_9_9_REV;if(i===fo)return n.UNSIGNED_INT_10F_11F_11F_REV;if(i===lo)return n.BYTE;if(i===ho)return n.SHORT;if(i===Ii)return n.UNSIGNED_SHORT;if(i===Cn)return n.INT;if(i===Bt)return n.UNSIGNED_INT;if(i===ut)return n.FLOAT;if(i===Jt)return n.HALF_FLOAT;if(i===uo)return n.ALPHA;if(i===po)return n.RGB;if(i===qt)return n.RGBA;if(i===ci)return n.DEPTH_COMPONENT;if(i===Mi)return n.DEPTH_STENCIL;if(i===Dn)return n.RED;if(i===In)return n.RED_INTEGER;if(i===Si)return n.RG;if(i===Un)return n.RG_INTEGER;if(i===Nn)return n.RGBA_INTEGER;if(i===Fn||i===On||i===Bn||i===Gn)if(o===He)if(s=e.get("WEBGL_compressed_texture_s3tc_srgb"),s!==null){if(i===Fn)return s.COMPRESSED_SRGB_S3TC_DXT1_EXT;if(i===On)return s.COMPRESSED_SRGB_ALPHA_S3TC_DXT1_EXT;if(i===Bn)return s.COMPRESSED_SRGB_ALPHA_S3TC_DXT3_EXT;if(i===Gn)return s.COMPRESSED_SRGB_ALPHA_S3TC_DXT5_EXT}else return null;else if(s=e.get("WEBGL_compressed_texture_s3tc"),s!==null){if(i===Fn)return s.COMPRESSED_RGB_S3TC_DXT1_EXT;if(i===On)return s.COMPRESSED_RGBA_S3TC_DXT1_EXT;if(i===Bn)return s.COMPRESSED_RGBA_S3TC_DXT3_EXT;if(i===Gn)return s.COMPRESSED_RGBA_S3TC_DXT5_EXT}else return null;if(i===Br||i===Gr||i===zr||i===kr)if(s=e.get("WEBGL_compressed_texture_pvrtc"),s!==null){if(i===Br)return s.COMPRESSED_RGB_PVRTC_4BPPV1_IMG;if(i===Gr)return s.COMPRESSED_RGB_PVRTC_2BPPV1_IMG;if(i===zr)return s.COMPRESSED_RGBA_PVRTC_4BPPV1_IMG;if(i===kr)return s.COMPRESSED_RGBA_PVRTC_2BPPV1_IMG}else return null;if(i===Hr||i===Vr||i===Wr||i===Xr||i===Yr||i===mn||i===qr)if(s=e.get("WEBGL_compressed_texture_etc"),s!==null){if(i===Hr||i===Vr)return o===He?s.COMPRESSED_SRGB8_ETC2:s.COMPRESSED_RGB8_ETC2;if(i===Wr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ETC2_EAC:s.COMPRESSED_RGBA8_ETC2_EAC;if(i===Xr)return s.COMPRESSED_R11_EAC;if(i===Yr)return s.COMPRESSED_SIGNED_R11_EAC;if(i===mn)return s.COMPRESSED_RG11_EAC;if(i===qr)return s.COMPRESSED_SIGNED_RG11_EAC}else return null;if(i===Kr||i===Zr||i===Jr||i===$r||i===Qr||i===jr||i===es||i===ts||i===is||i===ns||i===rs||i===ss||i===os||i===as)if(s=e.get("WEBGL_compressed_texture_astc"),s!==null){if(i===Kr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_4x4_KHR:s.COMPRESSED_RGBA_ASTC_4x4_KHR;if(i===Zr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_5x4_KHR:s.COMPRESSED_RGBA_ASTC_5x4_KHR;if(i===Jr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_5x5_KHR:s.COMPRESSED_RGBA_ASTC_5x5_KHR;if(i===$r)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_6x5_KHR:s.COMPRESSED_RGBA_ASTC_6x5_KHR;if(i===Qr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_6x6_KHR:s.COMPRESSED_RGBA_ASTC_6x6_KHR;if(i===jr)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_8x5_KHR:s.COMPRESSED_RGBA_ASTC_8x5_KHR;if(i===es)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_8x6_KHR:s.COMPRESSED_RGBA_ASTC_8x6_KHR;if(i===ts)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_8x8_KHR:s.COMPRESSED_RGBA_ASTC_8x8_KHR;if(i===is)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_10x5_KHR:s.COMPRESSED_RGBA_ASTC_10x5_KHR;if(i===ns)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_10x6_KHR:s.COMPRESSED_RGBA_ASTC_10x6_KHR;if(i===rs)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_10x8_KHR:s.COMPRESSED_RGBA_ASTC_10x8_KHR;if(i===ss)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_10x10_KHR:s.COMPRESSED_RGBA_ASTC_10x10_KHR;if(i===os)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_12x10_KHR:s.COMPRESSED_RGBA_ASTC_12x10_KHR;if(i===as)return o===He?s.COMPRESSED_SRGB8_ALPHA8_ASTC_12x12_KHR:s.COMPRESSED_RGBA_ASTC_12x12_KHR}else return null;if(i===ls||i===hs||i===cs)if(s=e.get("EXT_texture_compression_bptc"),s!==null){if(i===ls)return o===He?s.COMPRESSED_SRGB_ALPHA_BPTC_UNORM_EXT:s.COMPRESSED_RGBA_BPTC_UNORM_EXT;if(i===hs)return s.COMPRESSED_RGB_BPTC_SIGNED_FLOAT_EXT;if(i===cs)return s.COMPRESSED_RGB_BPTC_UNSIGNED_FLOAT_EXT}else return null;if(i===fs||i===us||i===_n||i===ds)if(s=e.get("EXT_texture_compression_rgtc"),s!==null){if(i===fs)return s.COMPRESSED_RED_RGTC1_EXT;if(i===us)return s.COMPRESSED_SIGNED_RED_RGTC1_EXT;if(i===_n)return s.COMPRESSED_RED_GREEN_RGTC2_EXT;if(i===ds)return s.COMPRESSED_SIGNED_RED_GREEN_RGTC2_EXT}else return null;return i===Ui?n.UNSIGNED_INT_24_8:n[i]!==void 0?n[i]:null}return{convert:t}}var ga=class extends Rt{enabled=!1;isPresenting=!1;cameraAutoUpdate=!1;setAnimationLoop(){}hasDepthSensing(){return!1}dispose(){}getCamera(){}updateCamera(){}getDepthSensingMesh(){}getEnvironmentBlendMode(){}getFoveation(){}};var Qm=new Me,Sd=new ve;Sd.set(-1,0,0,0,1,0,0,0,1);function yd(n,e){function t(m,f){m.matrixAutoUpdate===!0&&m.updateMatrix(),f.value.copy(m.matrix)}function i(m,f){f.color.getRGB(m.fogColor.value,na(n)),f.isFog?(m.fogNear.value=f.near,m.fogFar.value=f.far):f.isFogExp2&&(m.fogDensity.value=f.density)}function r(m,f,S,b,v){f.isNodeMaterial?f.uniformsNeedUpdate=!1:f.isMeshBasicMaterial?s(m,f):f.isMeshLambertMaterial?(s(m,f),f.envMap&&(m.envMapIntensity.value=f.envMapIntensity)):f.isMeshToonMaterial?(s(m,f),p(m,f)):f.isMeshPhongMaterial?(s(m,f),c(m,f),f.envMap&&(m.envMapIntensity.value=f.envMapIntensity)):f.isMeshStandardMaterial?(s(m,f),u(m,f),f.isMeshPhysicalMaterial&&d(m,f,v)):f.isMeshMatcapMaterial?(s(m,f),M(m,f)):f.isMeshDepthMaterial?s(m,f):f.isMeshDistanceMaterial?(s(m,f),E(m,f)):f.isMeshNormalMaterial?s(m,f):f.isLineBasicMaterial?(o(m,f),f.isLineDashedMaterial&&a(m,f)):f.isPointsMaterial?h(m,f,S,b):f.isSpriteMaterial?l(m,f):f.isShadowMaterial?(m.color.value.copy(f.color),m.opacity.value=f.opacity):f.isShaderMaterial&&(f.uniformsNeedUpdate=!1)}function s(m,f){m.opacity.value=f.opacity,f.color&&m.diffuse.value.copy(f.color),f.emissive&&m.emissive.value.copy(f.emissive).multiplyScalar(f.emissiveIntensity),f.map&&(m.map.value=f.map,t(f.map,m.mapTransform)),f.alphaMap&&(m.alphaMap.value=f.alphaMap,t(f.alphaMap,m.alphaMapTransform)),f.bumpMap&&(m.bumpMap.value=f.bumpMap,t(f.bumpMap,m.bumpMapTransform),m.bumpScale.value=f.bumpScale,f.side===ft&&(m.bumpScale.value*=-1)),f.normalMap&&(m.normalMap.value=f.normalMap,t(f.normalMap,m.normalMapTransform),m.normalScale.value.copy(f.normalScale),f.side===ft&&m.normalScale.value.negate()),f.displacementMap&&(m.displacementMap.value=f.displacementMap,t(f.displacementMap,m.displacementMapTransform),m.displacementScale.value=f.displacementScale,m.displacementBias.value=f.displacementBias),f.emissiveMap&&(m.emissiveMap.value=f.emissiveMap,t(f.emissiveMap,m.emissiveMapTransform)),f.specularMap&&(m.specularMap.value=f.specularMap,t(f.specularMap,m.specularMapTransform)),f.alphaTest>0&&(m.alphaTest.value=f.alphaTest);let S=e.get(f),b=S.envMap,v=S.envMapRotation;b&&(m.envMap.value=b,m.envMapRotation.value.setFromMatrix4(Qm.makeRotationFromEuler(v)).transpose(),b.isCubeTexture&&b.isRenderTargetTexture===!1&&m.envMapRotation.value.premultiply(Sd),m.reflectivity.value=f.reflectivity,m.ior.value=f.ior,m.refractionRatio.value=f.refractionRatio),f.lightMap&&(m.lightMap.value=f.lightMap,m.lightMapIntensity.value=f.lightMapIntensity,t(f.lightMap,m.lightMapTransform)),f.aoMap&&(m.aoMap.value=f.aoMap,m.aoMapIntensity.value=f.aoMapIntensity,t(f.aoMap,m.aoMapTransform))}function o(m,f){m.diffuse.value.copy(f.color),m.opacity.value=f.opacity,f.map&&(m.map.value=f.map,t(f.map,m.mapTransform))}function a(m,f){m.dashSize.value=f.dashSize,m.totalSize.value=f.dashSize+f.gapSize,m.scale.value=f.scale}function h(m,f,S,b){m.diffuse.value.copy(f.color),m.opacity.value=f.opacity,m.size.value=f.size*S,m.scale.value=b*.5,f.map&&(m.map.value=f.map,t(f.map,m.uvTransform)),f.alphaMap&&(m.alphaMap.value=f.alphaMap,t(f.alphaMap,m.alphaMapTransform)),f.alphaTest>0&&(m.alphaTest.value=f.alphaTest)}function l(m,f){m.diffuse.value.copy(f.color),m.opacity.value=f.opacity,m.rotation.value=f.rotation,f.map&&(m.map.value=f.map,t(f.map,m.mapTransform)),f.alphaMap&&(m.alphaMap.value=f.alphaMap,t(f.alphaMap,m.alphaMapTransform)),f.alphaTest>0&&(m.alphaTest.value=f.alphaTest)}function c(m,f){m.specular.value.copy(f.specular),m.shininess.value=Math.max(f.shininess,1e-4)}function p(m,f){f.gradientMap&&(m.gradientMap.value=f.gradientMap)}function u(m,f){m.metalness.value=f.metalness,f.metalnessMap&&(m.metalnessMap.value=f.metalnessMap,t(f.metalnessMap,m.metalnessMapTransform)),m.roughness.value=f.roughness,f.roughnessMap&&(m.roughnessMap.value=f.roughnessMap,t(f.roughnessMap,m.roughnessMapTransform)),f.envMap&&(m.envMapIntensity.value=f.envMapIntensity)}function d(m,f,S){m.ior.value=f.ior,f.diffuseRoughness>0&&(m.diffuseRoughness.value=f.diffuseRoughness,f.diffuseRoughnessMap&&(m.diffuseRoughnessMap.value=f.diffuseRoughnessMap,t(f.diffuseRoughnessMap,m.diffuseRoughnessMapTransform))),f.sheen>0&&(m.sheenColor.value.copy(f.sheenColor).multiplyScalar(f.sheen),m.sheenRoughness.value=f.sheenRoughness,f.sheenColorMap&&(m.sheenColorMap.value=f.sheenColorMap,t(f.sheenColorMap,m.sheenColorMapTransform)),f.sheenRoughnessMap&&(m.sheenRoughnessMap.value=f.sheenRoughnessMap,t(f.sheenRoughnessMap,m.sheenRoughnessMapTransform))),f.clearcoat>0&&(m.clearcoat.value=f.clearcoat,m.clearcoatRoughness.value=f.clearcoatRoughness,f.clearcoatMap&&(m.clearcoatMap.value=f.clearcoatMap,t(f.clearcoatMap,m.clearcoatMapTransform)),f.clearcoatRoughnessMap&&(m.clearcoatRoughnessMap.value=f.clearcoatRoughnessMap,t(f.clearcoatRoughnessMap,m.clearcoatRoughnessMapTransform)),f.clearcoatNormalMap&&(m.clearcoatNormalMap.value=f.clearcoatNormalMap,t(f.clearcoatNormalMap,m.clearcoatNormalMapTransform),m.clearcoatNormalScale.value.copy(f.clearcoatNormalScale),f.side===ft&&m.clearcoatNormalScale.value.negate())),f.dispersion>0&&(m.dispersion.value=f.dispersion),f.retroreflectivity>0&&(m.retroreflectivity.value=f.retroreflectivity),f.iridescence>0&&(m.iridescence.value=f.iridescence,m.iridescenceIOR.value=f.iridescenceIOR,m.iridescenceThicknessMinimum.value=f.iridescenceThicknessMinimum,m.iridescenceThicknessMaximum.value=f.iridescenceThicknessMaximum,f.iridescenceMap&&(m.iridescenceMap.value=f.iridescenceMap,t(f.iridescenceMap,m.iridescenceMapTransform)),f.iridescenceThicknessMap&&(m.iridescenceThicknessMap.value=f.iridescenceThicknessMap,t(f.iridescenceThicknessMap,m.iridescenceThicknessMapTransform))),f.transmission>0&&(m.transmission.value=f.transmission,m.transmissionSamplerMap.value=S.texture,m.transmissionSamplerSize.value.set(S.width,S.height),f.transmissionMap&&(m.transmissionMap.value=f.transmissionMap,t(f.transmissionMap,m.transmissionMapTransform)),m.thickness.value=f.thickness,f.thicknessMap&&(m.thicknessMap.value=f.thicknessMap,t(f.thicknessMap,m.thicknessMapTransform)),m.attenuationDistance.value=f.attenuationDistance,m.attenuationColor.value.copy(f.attenuationColor)),f.anisotropy>0&&(m.anisotropyVector.value.set(f.anisotropy*Math.cos(f.anisotropyRotation),f.anisotropy*Math.sin(f.anisotropyRotation)),f.anisotropyMap&&(m.anisotropyMap.value=f.anisotropyMap,t(f.anisotropyMap,m.anisotropyMapTransform))),m.specularIntensity.value=f.specularIntensity,m.specularColor.value.copy(f.specularColor),f.specularColorMap&&(m.specularColorMap.value=f.specularColorMap,t(f.specularColorMap,m.specularColorMapTransform)),f.specularIntensityMap&&(m.specularIntensityMap.value=f.specularIntensityMap,t(f.specularIntensityMap,m.specularIntensityMapTransform))}function M(m,f){f.matcap&&(m.matcap.value=f.matcap)}function E(m,f){let S=e.get(f).light;m.referencePosition.value.setFromMatrixPosition(S.matrixWorld),m.nearDistance.value=S.shadow.camera.near,m.farDistance.value=S.shadow.camera.far}return{refreshFogUniforms:i,refreshMaterialUniforms:r}}function Ed(n,e,t,i){let r={},s={};function o(S,b){let v=b.program;i.uniformBlockBinding(S,v,r[S.id])}function a(S,b){let v=r[S.id];v===void 0&&(M(S),v=h(S),r[S.id]=v,S.addEventListener("dispose",m));let R=b.program;i.updateUBOMapping(S,R);let A=e.render.frame;s[S.id]!==A&&(l(S),s[S.id]=A)}function h(S){let b=n.createBuffer(),v=S.__size,R=S.usage;return n.bindBuffer(n.UNIFORM_BUFFER,b),n.bufferData(n.UNIFORM_BUFFER,v,R),n.bindBuffer(n.UNIFORM_BUFFER,null),b}function l(S){let b=r[S.id],v=S.uniforms,R=S.__cache;n.bindBuffer(n.UNIFORM_BUFFER,b);for(let A=0,_=v.length;A<_;A++){let y=v[A];if(Array.isArray(y))for(let N=0,D=y.length;N<D;N++)c(y[N],A,N,R);else c(y,A,0,R)}n.bindBuffer(n.UNIFORM_BUFFER,null)}function c(S,b,v,R){if(u(S,b,v,R)===!0){let A=S.__offset,_=S.value;if(Array.isArray(_)){let y=0;for(let N=0;N<_.length;N++){let D=_[N],U=E(D,!0);p(D,S.__data,y),y+=U.storage/Float32Array.BYTES_PER_ELEMENT}}else p(_,S.__data,0);n.bufferSubData(n.UNIFORM_BUFFER,A,S.__data)}}function p(S,b,v){typeof S=="number"||typeof S=="boolean"?b[v]=S:S.isMatrix3?(b[v]=S.elements[0],b[v+1]=S.elements[1],b[v+2]=S.elements[2],b[v+3]=0,b[v+4]=S.elements[3],b[v+5]=S.elements[4],b[v+6]=S.elements[5],b[v+7]=0,b[v+8]=S.elements[6],b[v+9]=S.elements[7],b[v+10]=S.elements[8],b[v+11]=0):ArrayBuffer.isView(S)?b.set(S.subarray(0,b.length-v),v):S.toArray(b,v)}function u(S,b,v,R){let A=S.value,_=b+"_"+v;if(Array.isArray(A)){R[_]===void 0&&(R[_]=[]);let y=R[_],N=!1;for(let D=0;D<A.length;D++)d(A[D],y,D)===!0&&(N=!0);return N}return d(A,R,_)}function d(S,b,v){if(b[v]===void 0)return typeof S=="number"||typeof S=="boolean"?b[v]=S:ArrayBuffer.isView(S)?b[v]=S.slice():b[v]=S.clone(),!0;{let R=b[v];if(typeof S=="number"||typeof S=="boolean"){if(R!==S)return b[v]=S,!0}else{if(ArrayBuffer.isView(S))return!0;if(R.equals(S)===!1)return R.copy(S),!0}}return!1}function M(S){let b=S.uniforms,v=0,R=16;for(let _=0,y=b.length;_<y;_++){let N=Array.isArray(b[_])?b[_]:[b[_]];for(let D=0,U=N.length;D<U;D++){let G=N[D],J=Array.isArray(G.value)?G.value:[G.value],P=Array.isArray(b[_])||Array.isArray(G.value),H=v;for(let k=0,te=J.length;k<te;k++){let W=J[k],$=E(W,P),Q=v%R,Ee=Q%$.boundary,Fe=Q+Ee;v+=Ee,Fe!==0&&R-Fe<$.storage&&(v+=R-Fe),k===0&&(H=v),v+=$.storage}let Z=G.type==="int"?Int32Array:G.type==="uint"?Uint32Array:Float32Array;G.__data=new Z((v-H)/Float32Array.BYTES_PER_ELEMENT),G.__offset=H}}let A=v%R;return A>0&&(v+=R-A),S.__size=v,S.__cache={},this}function E(S,b){let v={boundary:0,storage:0};return typeof S=="number"||typeof S=="boolean"?(v.boundary=4,v.storage=4):S.isVector2?(v.boundary=8,v.storage=8):S.isVector3||S.isColor?(v.boundary=16,v.storage=12):S.isVector4?(v.boundary=16,v.storage=16):S.isMatrix3?(v.boundary=16,v.storage=48):S.isMatrix4?(v.boundary=16,v.storage=64):S.isTexture?me("WebGLRenderer: Texture samplers can not be part of an uniforms group."):ArrayBuffer.isView(S)?(v.boundary=16,v.storage=S.byteLength):me("WebGLRenderer: Unsupported uniform value type.",S),b===!0&&(v.boundary=16,v.storage=Math.ceil(v.storage/16)*16),v}function m(S){let b=S.target;b.removeEventListener("dispose",m),n.deleteBuffer(r[b.id]),delete r[b.id],delete s[b.id]}function f(){for(let S in r)n.deleteBuffer(r[S]);r={},s={}}return{bind:o,update:a,dispose:f}}function Td(){return null}var Ys=class{constructor(e={}){let{canvas:t=yh(),context:i=null,depth:r=!0,stencil:s=!1,alpha:o=!1,antialias:a=!1,premultipliedAlpha:h=!0,preserveDrawingBuffer:l=!1,powerPreference:c="default",failIfMajorPerformanceCaveat:p=!1,reversedDepthBuffer:u=!1,outputBufferType:d=wt}=e;this.isWebGLRenderer=!0;let M;if(i!==null){if(typeof WebGLRenderingContext<"u"&&i instanceof WebGLRenderingContext)throw new Error("THREE.WebGLRenderer: WebGL 1 is not supported since r163.");M=i.getContextAttributes().alpha}else M=o;let E=d,m=new Set([Nn,Un,In]),f=new Set([wt,Bt,Ii,Ui,Pn,Ln]),S=new Uint32Array(4),b=new Int32Array(4),v={textures:[],min:[],max:[],resolution:[]},R=null,A=null,_=[],y=[],N=null;this.domElement=t,this.debug={checkShaderErrors:!0,diagnostics:{keywords:!1},onShaderError:null},this.autoClear=!0,this.autoClearColor=!0,this.autoClearDepth=!0,this.autoClearStencil=!0,this.sortObjects=!0,this.clippingPlanes=[],this.localClippingEnabled=!1,this.toneMapping=ii,this.toneMappingExposure=1,this.transmissionResolutionScale=1;let D=this,U=!1,G=null,J=null,P=null,H=null;this._outputColorSpace=Ut;let Z=0,k=0,te=null,W=-1,$=null,Q=new Ve,Ee=new Ve,Fe=null,Oe=new Se(0),tt=0,$e=t.width,Qe=t.height,Ae=1,je=null,_t=null,Xe=new Ve(0,0,$e,Qe),gt=new Ve(0,0,$e,Qe),Xt=!1,Dt=new bi,ei=new qo,xt=!1,Zt=!1,at=new Me,Ci=new C,vt=new Ve,si={background:null,fog:null,environment:null,overrideMaterial:null,isScene:!0},oi=!1;function ai(){return te===null?Ae:1}let I=i;function li(x,L){return t.getContext(x,L)}let rt,st,fe,Mt,we,Ce,T,g,O,j,K,ne,he,X,Y,se,w,q,V,oe,ie,re,Te;try{let x={alpha:!0,depth:r,stencil:s,antialias:a,premultipliedAlpha:h,preserveDrawingBuffer:l,powerPreference:c,failIfMajorPerformanceCaveat:p};if("setAttribute"in t&&t.setAttribute("data-engine",`three.js r${"187"}`),t.addEventListener("webglcontextlost",be,!1),t.addEventListener("webglcontextrestored",De,!1),t.addEventListener("webglcontextcreationerror",de,!1),I===null){let L="webgl2";if(I=li(L,x),I===null)throw li(L)?new Error("THREE.WebGLRenderer: Error creating WebGL context with your selected attributes."):new Error("THREE.WebGLRenderer: Error creating WebGL context.")}Ue()}catch(x){throw t.removeEventListener("webglcontextlost",be,!1),t.removeEventListener("webglcontextrestored",De,!1),t.removeEventListener("webglcontextcreationerror",de,!1),Ne("WebGLRenderer: "+x.message),x}function Ue(){rt=new Iu(I),rt.init(),ie=new Md(I,rt),st=new Pu(I,rt,e,ie),fe=new gd(I,rt),st.reversedDepthBuffer&&u&&fe.buffers.depth.setReversed(!0),J=I.createFramebuffer(),P=I.createFramebuffer(),H=I.createFramebuffer(),Mt=new Fu(I),we=new od,Ce=new xd(I,rt,fe,we,st,ie,Mt),T=new Du(D),g=new dc(I),re=new Ru(I,g),O=new Uu(I,g,Mt,re),j=new Bu(I,O,g,re,Mt),q=new Ou(I,st,Ce),Y=new Lu(we),K=new sd(D,T,rt,st,re,Y),ne=new yd(D,we),he=new hd,X=new ud(rt),w=new wu(D,T,fe,j,M,h),se=new _d(D,j,st),Te=new Ed(I,Mt,st,fe),V=new Cu(I,rt,Mt),oe=new Nu(I,rt,Mt),Mt.programs=K.programs,D.capabilities=st,D.extensions=rt,D.properties=we,D.renderLists=he,D.shadowMap=se,D.state=fe,D.info=Mt}E!==wt&&(N=new Gu(E,t.width,t.height,a,r,s));let ee=new ga(D,I);this.xr=ee,this.getContext=function(){return I},this.getContextAttributes=function(){return I.getContextAttributes()},this.forceContextLoss=function(){let x=rt.get("WEBGL_lose_context");x&&x.loseContext()},this.forceContextRestore=function(){let x=rt.get("WEBGL_lose_context");x&&x.restoreContext()},this.getPixelRatio=function(){return Ae},this.setPixelRatio=function(x){x!==void 0&&(Ae=x,this.setSize($e,Qe,!1))},this.getSize=function(x){return x.set($e,Qe)},this.setSize=function(x,L,z=!0){if(ee.isPresenting){me("WebGLRenderer: Can't change size while VR device is presenting.");return}$e=x,Qe=L,t.width=Math.floor(x*Ae),t.height=Math.floor(L*Ae),z===!0&&(t.style.width=x+"px",t.style.height=L+"px"),N!==null&&N.setSize(t.width,t.height),this.setViewport(0,0,x,L)},this.getDrawingBufferSize=function(x){return x.set($e*Ae,Qe*Ae).floor()},this.setDrawingBufferSize=function(x,L,z){$e=x,Qe=L,Ae=z,t.width=Math.floor(x*z),t.height=Math.floor(L*z),this.setViewport(0,0,x,L)},this.setEffects=function(x){if(E===wt){Ne("WebGLRenderer: setEffects() requires outputBufferType set to HalfFloatType or FloatType.");return}if(x){for(let L=0;L<x.length;L++)if(x[L].isOutputPass===!0){me("WebGLRenderer: OutputPass is not needed in setEffects(). Tone mapping and color space conversion are applied automatically.");break}}N.setEffects(x||[])},this.getCurrentViewport=function(x){return x.copy(Q)},this.getViewport=function(x){return x.copy(Xe)},this.setViewport=function(x,L,z,F){x.isVector4?Xe.set(x.x,x.y,x.z,x.w):Xe.set(x,L,z,F),fe.viewport(Q.copy(Xe).multiplyScalar(ai()).round())},this.getScissor=function(x){return x.copy(gt)},this.setScissor=function(x,L,z,F){x.isVector4?gt.set(x.x,x.y,x.z,x.w):gt.set(x,L,z,F),fe.scissor(Ee.copy(gt).multiplyScalar(ai()).round())},this.getScissorTest=function(){return Xt},this.setScissorTest=function(x){fe.setScissorTest(Xt=x)},this.setOpaqueSort=function(x){je=x},this.setTransparentSort=function(x){_t=x},this.getClearColor=function(x){return x.copy(w.getClearColor())},this.setClearColor=function(){w.setClearColor(...arguments)},this.getClearAlpha=function(){return w.getClearAlpha()},this.setClearAlpha=function(){w.setClearAlpha(...arguments)},this.clear=function(x=!0,L=!0,z=!0){let F=0;if(x){let B=!1;if(te!==null){let ce=te.texture.format;B=m.has(ce)}if(B){let ce=te.texture.type,_e=f.has(ce),le=w.getClearColor(),pe=w.getClearAlpha(),ye=le.r,Pe=le.g,ze=le.b;_e?(S[0]=ye,S[1]=Pe,S[2]=ze,S[3]=pe,I.clearBufferuiv(I.COLOR,0,S)):(b[0]=ye,b[1]=Pe,b[2]=ze,b[3]=pe,I.clearBufferiv(I.COLOR,0,b))}else F|=I.COLOR_BUFFER_BIT}L&&(F|=I.DEPTH_BUFFER_BIT,this.state.buffers.depth.setMask(!0)),z&&(F|=I.STENCIL_BUFFER_BIT,this.state.buffers.stencil.setMask(4294967295)),F!==0&&I.clear(F)},this.clearColor=function(){this.clear(!0,!1,!1)},this.clearDepth=function(){this.clear(!1,!0,!1)},this.clearStencil=function(){this.clear(!1,!1,!0)},this.setNodesHandler=function(x){x.setRenderer(this),G=x},this.dispose=function(){t.removeEventListener("webglcontextlost",be,!1),t.removeEventListener("webglcontextrestored",De,!1),t.removeEventListener("webglcontextcreationerror",de,!1),w.dispose(),he.dispose(),X.dispose(),Ce.dispose(),we.dispose(),T.dispose(),j.dispose(),O.dispose(),re.dispose(),Te.dispose(),K.dispose(),ee.dispose(),ee.removeEventListener("sessionstart",Cl),ee.removeEventListener("sessionend",Pl),ln.stop()};function be(x){x.preventDefault(),Hn("WebGLRenderer: Context Lost."),U=!0}function De(){Hn("WebGLRenderer: Context Restored."),U=!1;let x=Mt.autoReset,L=se.enabled,z=se.autoUpdate,F=se.needsUpdate,B=se.type;Ue(),Mt.autoReset=x,se.enabled=L,se.autoUpdate=z,se.needsUpdate=F,se.type=B}function de(x){Ne("WebGLRenderer: A WebGL context could not be created. Reason: ",x.statusMessage)}function Je(x){let L=x.target;L.removeEventListener("dispose",Je),At(L)}function At(x){Wi(x),we.remove(x)}function Wi(x){let L=we.get(x).programs;L!==void 0&&(L.forEach(function(z){K.releaseProgram(z)}),x.isShaderMaterial&&K.releaseShaderCache(x))}this.renderBufferDirect=function(x,L,z,F,B,ce){L===null&&(L=si);let _e=B.isMesh&&B.matrixWorld.determinantAffine()<0,le=zd(x,L,z,F,B);fe.setMaterial(F,_e);let pe=z.index,ye=1;if(F.wireframe===!0){if(pe=O.getWireframeAttribute(z),pe===void 0)return;ye=2}let Pe=z.drawRange,ze=z.attributes.position,ge=Pe.start*ye,ke=(Pe.start+Pe.count)*ye;ce!==null&&(ge=Math.max(ge,ce.start*ye),ke=Math.min(ke,(ce.start+ce.count)*ye)),pe!==null?(ge=Math.max(ge,0),ke=Math.min(ke,pe.count)):ze!=null&&(ge=Math.max(ge,0),ke=Math.min(ke,ze.count));let pt=ke-ge;if(pt<0||pt===1/0)return;re.setup(B,F,le,z,pe);let it,et=V;if(pe!==null&&(it=g.get(pe),et=oe,et.setIndex(it)),B.isMesh)F.wireframe===!0?(fe.setLineWidth(F.wireframeLinewidth*ai()),et.setMode(I.LINES)):et.setMode(I.TRIANGLES);else if(B.isLine){let Ft=F.linewidth;Ft===void 0&&(Ft=1),fe.setLineWidth(Ft*ai()),B.isLineSegments?et.setMode(I.LINES):B.isLineLoop?et.setMode(I.LINE_LOOP):et.setMode(I.LINE_STRIP)}else B.isPoints?et.setMode(I.POINTS):B.isSprite&&et.setMode(I.TRIANGLES);if(B.isBatchedMesh)if(rt.get("WEBGL_multi_draw"))et.renderMultiDraw(B._multiDrawStarts,B._multiDrawCounts,B._multiDrawCount);else{let Ft=B._multiDrawStarts,xe=B._multiDrawCounts,Yt=B._multiDrawCount,Ye=pe?g.get(pe).bytesPerElement:1,hn=we.get(F).currentProgram.getUniforms();for(let Ot=0;Ot<Yt;Ot++)hn.setValue(I,"_gl_DrawID",Ot),et.render(Ft[Ot]/Ye,xe[Ot])}else if(B.isInstancedMesh)et.renderInstances(ge,pt,B.count);else if(z.isInstancedBufferGeometry){let Ft=z._maxInstanceCount!==void 0?z._maxInstanceCount:1/0,xe=Math.min(z.instanceCount,Ft);et.renderInstances(ge,pt,xe)}else et.render(ge,pt)};function Rl(x,L,z,F){G!==null&&x.isNodeMaterial&&G.setObject(F,x),xt===!0&&Y.setState(x,z,!1),x.transparent===!0&&x.side===ti&&x.forceSinglePass===!1?(x.side=ft,x.needsUpdate=!0,br(x,L,F),x.side=hi,x.needsUpdate=!0,br(x,L,F),x.side=ti):br(x,L,F)}this.compile=function(x,L,z=null){z===null&&(z=x),G!==null&&G.renderStart(x,L,z),A=X.get(z),A.init(L),y.push(A),z.traverseVisible(function(B){B.isLight&&B.layers.test(L.layers)&&(A.pushLight(B),B.castShadow&&A.pushShadow(B))}),x!==z&&x.traverseVisible(function(B){B.isLight&&B.layers.test(L.layers)&&(A.pushLight(B),B.castShadow&&A.pushShadow(B))}),A.setupLights(),G!==null&&G.updateLights(A.state.lightsArray),Zt=this.localClippingEnabled,xt=Y.init(this.clippingPlanes,Zt),xt===!0&&Y.setGlobalState(this.clippingPlanes,L),G!==null&&se.render(A.state.shadowsArray,z,L);let F=new Set;return x.traverse(function(B){if(!(B.isMesh||B.isPoints||B.isLine||B.isSprite))return;let ce=B.material;if(ce)if(Array.isArray(ce))for(let _e=0;_e<ce.length;_e++){let le=ce[_e];Rl(le,z,L,B),F.add(le)}else Rl(ce,z,L,B),F.add(ce)}),A=y.pop(),G!==null&&G.renderEnd(),F},this.compileAsync=function(x,L,z=null){let F=this.compile(x,L,z);return new Promise(B=>{function ce(){if(F.forEach(function(_e){let pe=we.get(_e).currentProgram;(pe===void 0||pe.isReady())&&F.delete(_e)}),F.size===0){B(x);return}setTimeout(ce,10)}rt.get("KHR_parallel_shader_compile")!==null?ce():setTimeout(ce,10)})};let va=null;function Bd(x){va&&va(x)}function Cl(){ln.stop()}function Pl(){ln.start()}let ln=new uc;ln.setAnimationLoop(Bd),typeof self<"u"&&ln.setContext(self),this.setAnimationLoop=function(x){va=x,ee.setAnimationLoop(x),x===null?ln.stop():ln.start()},ee.addEventListener("sessionstart",Cl),ee.addEventListener("sessionend",Pl),this.render=function(x,L){if(L!==void 0&&L.isCamera!==!0){Ne("WebGLRenderer.render: camera is not an instance of THREE.Camera.");return}if(U===!0)return;G!==null&&G.renderStart(x,L);let z=ee.enabled===!0&&ee.isPresenting===!0,F=N!==null&&(te===null||z)&&N.begin(D,te);if(x.matrixWorldAutoUpdate===!0&&x.updateMatrixWorld(),L.parent===null&&L.matrixWorldAutoUpdate===!0&&L.updateMatrixWorld(),ee.enabled===!0&&ee.isPresenting===!0&&(N===null||N.isCompositing()===!1)&&(ee.cameraAutoUpdate===!0&&ee.updateCamera(L),L=ee.getCamera()),x.isScene===!0&&x.onBeforeRender(D,x,L,te),A=X.get(x,y.length),A.init(L),A.state.textureUnits=Ce.getTextureUnits(),y.push(A),at.multiplyMatrices(L.projectionMatrix,L.matrixWorldInverse),L.isArrayCamera?ei.setFromArrayCamera(L):Dt.setFromProjectionMatrix(at,Nt,L.reversedDepth),Zt=this.localClippingEnabled,xt=Y.init(this.clippingPlanes,Zt),R=he.get(x,_.length),R.init(),_.push(R),this.info.render.frame++,ee.enabled===!0&&ee.isPresenting===!0){let _e=D.xr.getDepthSensingMesh();_e!==null&&Aa(_e,L,-1/0,D.sortObjects)}Aa(x,L,0,D.sortObjects),R.finish(),G!==null&&G.updateLights(A.state.lightsArray),D.sortObjects===!0&&R.sort(je,_t),oi=ee.enabled===!1||ee.isPresenting===!1||ee.hasDepthSensing()===!1,oi&&w.addToRenderList(R,x),this.info.autoReset===!0&&this.info.reset(),xt===!0&&Y.beginShadows();let B=A.state.shadowsArray;if(se.render(B,x,L),xt===!0&&Y.endShadows(),(F&&N.hasRenderPass())===!1){let _e=R.opaque,le=R.transmissive;if(A.setupLights(),L.isArrayCamera){let pe=L.cameras;if(le.length>0)for(let ye=0,Pe=pe.length;ye<Pe;ye++){let ze=pe[ye];Dl(_e,le,x,ze)}oi&&w.render(x);for(let ye=0,Pe=pe.length;ye<Pe;ye++){let ze=pe[ye];Ll(R,x,ze,ze.viewport)}}else le.length>0&&Dl(_e,le,x,L),oi&&w.render(x),Ll(R,x,L)}te!==null&&k===0&&(Ce.updateMultisampleRenderTarget(te),Ce.updateRenderTargetMipmap(te)),F&&N.end(D),x.isScene===!0&&x.onAfterRender(D,x,L),re.resetDefaultState(),W=-1,$=null,y.pop(),y.length>0?(A=y[y.length-1],Ce.setTextureUnits(A.state.textureUnits),xt===!0&&Y.setGlobalState(D.clippingPlanes,A.state.camera)):A=null,_.pop(),_.length>0?R=_[_.length-1]:R=null,G!==null&&G.renderEnd()};function Aa(x,L,z,F){if(x.visible===!1)return;if(x.layers.test(L.layers)){if(x.isGroup)z=x.renderOrder;else if(x.isLOD)x.autoUpdate===!0&&x.update(L);else if(x.isLight)A.pushLight(x),x.castShadow&&A.pushShadow(x);else if(x.isSprite){let _e=L.isArrayCamera?ei:Dt;if(!x.frustumCulled||x.intersectsFrustum(_e)){F&&vt.setFromMatrixPosition(x.matrixWorld).applyMatrix4(at);let le=j.update(x),pe=x.material;pe.visible&&R.push(x,le,pe,z,vt.z,null,L)}}else if(x.isMesh||x.isLine||x.isPoints){let _e=L.isArrayCamera?ei:Dt;if(!x.frustumCulled||x.intersectsFrustum(_e)){let le=j.update(x),pe=x.material;if(F&&(x.boundingSphere!==void 0?(x.boundingSphere===null&&x.computeBoundingSphere(),vt.copy(x.boundingSphere.center)):(le.boundingSphere===null&&le.computeBoundingSphere(),vt.copy(le.boundingSphere.center)),vt.applyMatrix4(x.matrixWorld).applyMatrix4(at)),Array.isArray(pe)){let ye=le.groups;for(let Pe=0,ze=ye.length;Pe<ze;Pe++){let ge=ye[Pe],ke=pe[ge.materialIndex];ke&&ke.visible&&R.push(x,le,ke,z,vt.z,ge,L)}}else pe.visible&&R.push(x,le,pe,z,vt.z,null,L)}}}let ce=x.children;for(let _e=0,le=ce.length;_e<le;_e++)Aa(ce[_e],L,z,F)}function Ll(x,L,z,F){let{opaque:B,transmissive:ce,transparent:_e}=x;A.setupLightsView(z),xt===!0&&Y.setGlobalState(D.clippingPlanes,z),F&&fe.viewport(Q.copy(F)),B.length>0&&Ks(B,L,z),ce.length>0&&Ks(ce,L,z),_e.length>0&&Ks(_e,L,z),fe.buffers.depth.setTest(!0),fe.buffers.depth.setMask(!0),fe.buffers.color.setMask(!0),fe.setPolygonOffset(!1)}function Dl(x,L,z,F){if((z.isScene===!0?z.overrideMaterial:null)!==null)return;if(A.state.transmissionRenderTarget[F.id]===void 0){let ge=rt.has("EXT_color_buffer_half_float")||rt.has("EXT_color_buffer_float");A.state.transmissionRenderTarget[F.id]=new $t(1,1,{generateMipmaps:!0,type:ge?Jt:wt,minFilter:xi,samples:Math.max(4,st.samples),stencilBuffer:s,resolveDepthBuffer:!1,resolveStencilBuffer:!1,storeMultisampledDepthBuffer:!1,storeMultisampledStencilBuffer:!1,colorSpace:Le.workingColorSpace})}let ce=A.state.transmissionRenderTarget[F.id],_e=F.viewport||Q;ce.setSize(_e.z*D.transmissionResolutionScale,_e.w*D.transmissionResolutionScale);let le=D.getRenderTarget(),pe=D.getActiveCubeFace(),ye=D.getActiveMipmapLevel();D.setRenderTarget(ce),D.getClearColor(Oe),tt=D.getClearAlpha(),tt<1&&D.setClearColor(16777215,.5),D.clear(),oi&&w.render(z);let Pe=D.toneMapping;D.toneMapping=ii;let ze=F.viewport;if(F.viewport!==void 0&&(F.viewport=void 0),A.setupLightsView(F),xt===!0&&Y.setGlobalState(D.clippingPlanes,F),Ks(x,z,F),Ce.updateMultisampleRenderTarget(ce),Ce.updateRenderTargetMipmap(ce),rt.has("WEBGL_multisampled_render_to_texture")===!1){let ge=!1;for(let ke=0,pt=L.length;ke<pt;ke++){let it=L[ke],{object:et,geometry:Ft,material:xe,group:Yt}=it;if(xe.side===ti&&et.layers.test(F.layers)){let Ye=xe.side;xe.side=ft,xe.needsUpdate=!0,Il(et,z,F,Ft,xe,Yt),xe.side=Ye,xe.needsUpdate=!0,ge=!0}}ge===!0&&(Ce.updateMultisampleRenderTarget(ce),Ce.updateRenderTargetMipmap(ce))}D.setRenderTarget(le,pe,ye),D.setClearColor(Oe,tt),ze!==void 0&&(F.viewport=ze),D.toneMapping=Pe}function Ks(x,L,z){let F=L.isScene===!0?L.overrideMaterial:null;for(let B=0,ce=x.length;B<ce;B++){let _e=x[B],{object:le,geometry:pe,group:ye}=_e,Pe=_e.material;Pe.allowOverride===!0&&F!==null&&(Pe=F),le.layers.test(z.layers)&&Il(le,L,z,pe,Pe,ye)}}function Il(x,L,z,F,B,ce){G!==null&&B.isNodeMaterial&&G.setObject(x,B),x.onBeforeRender(D,L,z,F,B,ce),x.modelViewMatrix.multiplyMatrices(z.matrixWorldInverse,x.matrixWorld),x.normalMatrix.getNormalMatrix(x.modelViewMatrix),B.onBeforeRender(D,L,z,F,x,ce),B.transparent===!0&&B.side===ti&&B.forceSinglePass===!1?(B.side=ft,B.needsUpdate=!0,D.renderBufferDirect(z,L,F,B,x,ce),B.side=hi,B.needsUpdate=!0,D.renderBufferDirect(z,L,F,B,x,ce),B.side=ti):D.renderBufferDirect(z,L,F,B,x,ce),x.onAfterRender(D,L,z,F,B,ce)}function Ul(x){let L=0;for(let z of x)z.texture!==null&&L++;return L}function br(x,L,z){L.isScene!==!0&&(L=si);let F=we.get(x),B=A.state.lights,ce=A.state.shadowsArray,_e=B.state.version,le=K.getParameters(x,B.state,ce,L,z,A.state.lightProbeGridArray),pe=K.getProgramCacheKey(le),ye=F.programs;F.environment=x.isMeshStandardMaterial||x.isMeshLambertMaterial||x.isMeshPhongMaterial?L.environment:null,F.fog=L.fog;let Pe=x.isMeshStandardMaterial||x.isMeshLambertMaterial&&!x.envMap||x.isMeshPhongMaterial&&!x.envMap;F.envMap=T.get(x.envMap||F.environment,Pe),F.envMapRotation=F.environment!==null&&x.envMap===null?L.environmentRotation:x.envMapRotation,ye===void 0&&(x.addEventListener("dispose",Je),ye=new Map,F.programs=ye,F.programVariants=new Map);let ze=ye.get(pe);if(ze!==void 0){if(F.currentProgram===ze&&F.lightsStateVersion===_e)return Fl(x,le),ze}else le.uniforms=K.getUniforms(x),G!==null&&x.isNodeMaterial&&G.build(x,z,le),x.onBeforeCompile(le,D),ze=K.acquireProgram(le,pe),ye.set(pe,ze),F.uniforms=le.uniforms;let ge=F.uniforms;return(!x.isShaderMaterial&&!x.isRawShaderMaterial||x.clipping===!0)&&(ge.clippingPlanes=Y.uniform),Fl(x,le),F.needsLights=Hd(x),F.lightsStateVersion=_e,F.needsLights&&(ge.ambientLightColor.value=B.state.ambient,ge.lightProbe.value=B.state.probe,ge.sunLights.value=B.state.sun,ge.sunLightShadows.value=B.state.sunShadow,ge.directionalLights.value=B.state.directional,ge.directionalLightShadows.value=B.state.directionalShadow,ge.spotLights.value=B.state.spot,ge.spotLightShadows.value=B.state.spotShadow,ge.rectAreaLights.value=B.state.rectArea,ge.ltc_1.value=B.state.rectAreaLTC1,ge.ltc_2.value=B.state.rectAreaLTC2,ge.pointLights.value=B.state.point,ge.pointLightShadows.value=B.state.pointShadow,ge.hemisphereLights.value=B.state.hemi,ge.sunShadowMatrix.value=B.state.sunShadowMatrix,ge.sunShadowCascade.value=B.state.sunShadowCascade,ge.directionalShadowMatrix.value=B.state.directionalShadowMatrix,ge.spotLightMatrix.value=B.state.spotLightMatrix,ge.spotLightMap.value=B.state.spotLightMap,ge.pointShadowMatrix.value=B.state.pointShadowMatrix),F.numLightProbeGrids=Ul(A.state.lightProbeGridArray),F.currentProgram=ze,F.uniformsList=null,ze}function Gd(x,L,z,F,B){let ce=we.get(x),_e=ce.currentProgram.id+","+F+","+B,le=ce.programVariants.get(_e);return le===void 0?(le=br(x,L,z),ce.programVariants.set(_e,le)):(ce.currentProgram=le,ce.uniformsList=null,ce.outputColorSpace=F,ce.toneMapping=B),le}function Nl(x){if(x.uniformsList===null){let L=x.currentProgram.getUniforms();x.uniformsList=on.seqWithValue(L.seq,x.uniforms)}return x.uniformsList}function Fl(x,L){let z=we.get(x);z.outputColorSpace=L.outputColorSpace,z.batching=L.batching,z.batchingColor=L.batchingColor,z.instancing=L.instancing,z.instancingColor=L.instancingColor,z.instancingMorph=L.instancingMorph,z.skinning=L.skinning,z.morphTargets=L.morphTargets,z.morphNormals=L.morphNormals,z.morphColors=L.morphColors,z.morphTargetsCount=L.morphTargetsCount,z.numClippingPlanes=L.numClippingPlanes,z.numIntersection=L.numClipIntersection,z.vertexAlphas=L.vertexAlphas,z.vertexTangents=L.vertexTangents,z.toneMapping=L.toneMapping}function zd(x,L,z,F,B){L.isScene!==!0&&(L=si),Ce.resetTextureUnits();let ce=L.fog,_e=F.isMeshStandardMaterial||F.isMeshLambertMaterial||F.isMeshPhongMaterial?L.environment:null,le=te===null?D.outputColorSpace:te.isXRRenderTarget===!0?te.texture.colorSpace:Le.workingColorSpace,pe=F.isMeshStandardMaterial||F.isMeshLambertMaterial&&!F.envMap||F.isMeshPhongMaterial&&!F.envMap,ye=T.get(F.envMap||_e,pe),Pe=F.vertexColors===!0&&!!z.attributes.color&&z.attributes.color.itemSize===4,ze=!!z.attributes.tangent&&(!!F.normalMap||F.anisotropy>0),ge=!!z.morphAttributes.position,ke=!!z.morphAttributes.normal,pt=!!z.morphAttributes.color,it=ii;F.toneMapped&&(te===null||te.isXRRenderTarget===!0)&&(it=D.toneMapping);let et=z.morphAttributes.position||z.morphAttributes.normal||z.morphAttributes.color,Ft=et!==void 0?et.length:0,xe=we.get(F),Yt=A.state.lights;if(xt===!0&&(Zt===!0||x!==$)){let lt=x===$&&F.id===W;Y.setState(F,x,lt)}let Ye=!1,hn=!1;F.version===xe.__version?xe.needsLights&&xe.lightsStateVersion!==Yt.state.version||B.isBatchedMesh&&xe.batching===!1||!B.isBatchedMesh&&xe.batching===!0||B.isBatchedMesh&&xe.batchingColor===!0&&B._colorsTexture===null||B.isBatchedMesh&&xe.batchingColor===!1&&B._colorsTexture!==null||B.isInstancedMesh&&xe.instancing===!1||!B.isInstancedMesh&&xe.instancing===!0||B.isSkinnedMesh&&xe.skinning===!1||!B.isSkinnedMesh&&xe.skinning===!0||B.isInstancedMesh&&xe.instancingColor===!0&&B.instanceColor===null||B.isInstancedMesh&&xe.instancingColor===!1&&B.instanceColor!==null||B.isInstancedMesh&&xe.instancingMorph===!0&&B.morphTexture===null||B.isInstancedMesh&&xe.instancingMorph===!1&&B.morphTexture!==null||xe.envMap!==ye||F.fog===!0&&xe.fog!==ce||xe.numClippingPlanes!==void 0&&(xe.numClippingPlanes!==Y.numPlanes||xe.numIntersection!==Y.numIntersection)||xe.vertexAlphas!==Pe||xe.vertexTangents!==ze||xe.morphTargets!==ge||xe.morphNormals!==ke||xe.morphColors!==pt||xe.morphTargetsCount!==Ft||xe.numLightProbeGrids!==Ul(A.state.lightProbeGridArray)?Ye=!0:(xe.outputColorSpace!==le||xe.toneMapping!==it)&&(hn=!0):(Ye=!0,xe.__version=F.version);let Ot=xe.currentProgram;(Ye===!0||hn===!0)&&(Ot=hn===!0?Gd(F,L,B,le,it):br(F,L,B),G&&F.isNodeMaterial&&G.onUpdateProgram(F,Ot,xe));let Zs=!1,Xi=!1,cn=!1,We=Ot.getUniforms(),It=xe.uniforms;if(fe.useProgram(Ot.program)&&(Zs=!0,Xi=!0,cn=!0),F.id!==W&&(W=F.id,Xi=!0),Zs||$!==x){fe.buffers.depth.getReversed()&&x.reversedDepth!==!0&&(x._reversedDepth=!0,x.updateProjectionMatrix()),We.setValue(I,"projectionMatrix",x.projectionMatrix),We.setValue(I,"viewMatrix",x.matrixWorldInverse);let bt=We.map.cameraPosition;bt!==void 0&&bt.setValue(I,Ci.setFromMatrixPosition(x.matrixWorld)),st.logarithmicDepthBuffer&&We.setValue(I,"logDepthBufFC",2/(Math.log(x.far+1)/Math.LN2)),(F.isMeshPhongMaterial||F.isMeshToonMaterial||F.isMeshLambertMaterial||F.isMeshBasicMaterial||F.isMeshStandardMaterial||F.isShaderMaterial)&&We.setValue(I,"isOrthographic",x.isOrthographicCamera===!0),$!==x&&($=x,Xi=!0,cn=!0)}if(xe.needsLights&&(Yt.state.sunShadowMap.length>0&&We.setValue(I,"sunShadowMap",Yt.state.sunShadowMap,Ce),Yt.state.directionalShadowMap.length>0&&We.setValue(I,"directionalShadowMap",Yt.state.directionalShadowMap,Ce),Yt.state.spotShadowMap.length>0&&We.setValue(I,"spotShadowMap",Yt.state.spotShadowMap,Ce),Yt.state.pointShadowMap.length>0&&We.setValue(I,"pointShadowMap",Yt.state.pointShadowMap,Ce)),B.isSkinnedMesh){We.setOptional(I,B,"bindMatrix"),We.setOptional(I,B,"bindMatrixInverse");let lt=B.skeleton;lt&&(lt.boneTexture===null&&lt.computeBoneTexture(),We.setValue(I,"boneTexture",lt.boneTexture,Ce))}B.isBatchedMesh&&(We.setOptional(I,B,"batchingTexture"),We.setValue(I,"batchingTexture",B._matricesTexture,Ce),We.setOptional(I,B,"batchingIdTexture"),We.setValue(I,"batchingIdTexture",B._indirectTexture,Ce),We.setOptional(I,B,"batchingColorTexture"),B._colorsTexture!==null&&We.setValue(I,"batchingColorTexture",B._colorsTexture,Ce));let _i=z.morphAttributes;if((_i.position!==void 0||_i.normal!==void 0||_i.color!==void 0)&&q.update(B,z,Ot),(Xi||xe.receiveShadow!==B.receiveShadow)&&(xe.receiveShadow=B.receiveShadow,We.setValue(I,"receiveShadow",B.receiveShadow)),(F.isMeshStandardMaterial||F.isMeshLambertMaterial||F.isMeshPhongMaterial)&&F.envMap===null&&L.environment!==null&&(It.envMapIntensity.value=L.environmentIntensity),It.dfgLUT!==void 0&&(It.dfgLUT.value=Td()),Xi){if(We.setValue(I,"toneMappingExposure",D.toneMappingExposure),xe.needsLights&&kd(It,cn),ce&&F.fog===!0&&ne.refreshFogUniforms(It,ce),ne.refreshMaterialUniforms(It,F,Ae,Qe,A.state.transmissionRenderTarget[x.id]),xe.needsLights&&xe.numLightProbeGrids>0){let lt=v,bt=0;for(let Di of A.state.lightProbeGridArray)Di.texture!==null&&(lt.textures[bt]=Di.texture,lt.min[bt]=Di.boundingBox.min,lt.max[bt]=Di.boundingBox.max,lt.resolution[bt]=Di.resolution,bt++);for(let Di in lt)lt[Di].length=bt;It.probesSH.value=lt.textures,It.probesMin.value=lt.min,It.probesMax.value=lt.max,It.probesResolution.value=lt.resolution}on.upload(I,Nl(xe),It,Ce)}if(F.isShaderMaterial&&F.uniformsNeedUpdate===!0&&(on.upload(I,Nl(xe),It,Ce),F.uniformsNeedUpdate=!1),F.isSpriteMaterial&&We.setValue(I,"center",B.center),We.setValue(I,"modelViewMatrix",B.modelViewMatrix),We.setValue(I,"normalMatrix",B.normalMatrix),We.setValue(I,"modelMatrix",B.matrixWorld),F.uniformsGroups!==void 0){let lt=F.uniformsGroups;for(let bt=0,Di=lt.length;bt<Di;bt++){let Bl=lt[bt];Te.update(Bl,Ot),Te.bind(Bl,Ot)}}return Ot}function kd(x,L){x.ambientLightColor.needsUpdate=L,x.lightProbe.needsUpdate=L,x.sunLights.needsUpdate=L,x.sunLightShadows.needsUpdate=L,x.directionalLights.needsUpdate=L,x.directionalLightShadows.needsUpdate=L,x.pointLights.needsUpdate=L,x.pointLightShadows.needsUpdate=L,x.spotLights.needsUpdate=L,x.spotLightShadows.needsUpdate=L,x.rectAreaLights.needsUpdate=L,x.hemisphereLights.needsUpdate=L}function Hd(x){return x.isMeshLambertMaterial||x.isMeshToonMaterial||x.isMeshPhongMaterial||x.isMeshStandardMaterial||x.isShadowMaterial||x.isShaderMaterial&&x.lights===!0}this.getActiveCubeFace=function(){return Z},this.getActiveMipmapLevel=function(){return k},this.getRenderTarget=function(){return te},this.setRenderTargetTextures=function(x,L,z){let F=we.get(x);F.__autoAllocateDepthBuffer=x.resolveDepthBuffer===!1,F.__autoAllocateDepthBuffer===!1&&(F.__useRenderToTexture=!1),we.get(x.texture).__webglTexture=L,we.get(x.depthTexture).__webglTexture=F.__autoAllocateDepthBuffer?void 0:z,F.__hasExternalTextures=!0},this.setRenderTargetFramebuffer=function(x,L){let z=we.get(x);z.__webglFramebuffer=L,z.__useDefaultFramebuffer=L===void 0},this.setRenderTarget=function(x,L=0,z=0){te=x,Z=L,k=z;let F=null,B=!1,ce=!1;if(x){let le=we.get(x);if(le.__useDefaultFramebuffer!==void 0){fe.bindFramebuffer(I.FRAMEBUFFER,le.__webglFramebuffer),Q.copy(x.viewport),Ee.copy(x.scissor),Fe=x.scissorTest,fe.viewport(Q),fe.scissor(Ee),fe.setScissorTest(Fe),W=-1;return}else if(le.__webglFramebuffer===void 0)Ce.setupRenderTarget(x);else if(le.__hasExternalTextures)Ce.rebindTextures(x,we.get(x.texture).__webglTexture,we.get(x.depthTexture).__webglTexture);else if(x.depthBuffer){let Pe=x.depthTexture;if(le.__boundDepthTexture!==Pe){if(Pe!==null&&we.has(Pe)&&(x.width!==Pe.image.width||x.height!==Pe.image.height))throw new Error("THREE.WebGLRenderer: Attached DepthTexture is initialized to the incorrect size.");Ce.setupDepthRenderbuffer(x)}}let pe=x.texture;(pe.isData3DTexture||pe.isDataArrayTexture||pe.isCompressedArrayTexture)&&(ce=!0);let ye=we.get(x).__webglFramebuffer;x.isWebGLCubeRenderTarget?(Array.isArray(ye[L])?F=ye[L][z]:F=ye[L],B=!0):x.samples>0&&Ce.useMultisampledRTT(x)===!1?F=we.get(x).__webglMultisampledFramebuffer:Array.isArray(ye)?F=ye[z]:F=ye,Q.copy(x.viewport),Ee.copy(x.scissor),Fe=x.scissorTest}else Q.copy(Xe).multiplyScalar(Ae).floor(),Ee.copy(gt).multiplyScalar(Ae).floor(),Fe=Xt;if(z!==0&&(F=J),fe.bindFramebuffer(I.FRAMEBUFFER,F)&&fe.drawBuffers(x,F),fe.viewport(Q),fe.scissor(Ee),fe.setScissorTest(Fe),B){let le=we.get(x.texture);I.framebufferTexture2D(I.FRAMEBUFFER,I.COLOR_ATTACHMENT0,I.TEXTURE_CUBE_MAP_POSITIVE_X+L,le.__webglTexture,z)}else if(ce){let le=L;for(let pe=0;pe<x.textures.length;pe++){let ye=we.get(x.textures[pe]);I.framebufferTextureLayer(I.FRAMEBUFFER,I.COLOR_ATTACHMENT0+pe,ye.__webglTexture,z,le)}}else if(x!==null&&z!==0){let le=we.get(x.texture);I.framebufferTexture2D(I.FRAMEBUFFER,I.COLOR_ATTACHMENT0,I.TEXTURE_2D,le.__webglTexture,z)}W=-1};function Ol(x){let L=we.get(x);return(L.__readFormat!==x.format||L.__readType!==x.type)&&(L.__readFormat=x.format,L.__readType=x.type,L.__formatReadable=st.textureFormatReadable(x.format),L.__typeReadable=st.textureTypeReadable(x.type)),L}this.readRenderTargetPixels=function(x,L,z,F,B,ce,_e,le=0){if(!(x&&x.isWebGLRenderTarget)){Ne("WebGLRenderer.readRenderTargetPixels: renderTarget is not THREE.WebGLRenderTarget.");return}let pe=we.get(x).__webglFramebuffer;if(x.isWebGLCubeRenderTarget&&_e!==void 0&&(pe=pe[_e],Array.isArray(pe)&&(pe=pe[0])),pe){fe.bindFramebuffer(I.FRAMEBUFFER,pe);try{let ye=x.textures[le],Pe=ye.format,ze=ye.type;x.textures.length>1&&I.readBuffer(I.COLOR_ATTACHMENT0+le);let ge=Ol(ye);if(ge.__formatReadable===!1){Ne("WebGLRenderer.readRenderTargetPixels: renderTarget is not in RGBA or implementation defined format.");return}if(ge.__typeReadable===!1){Ne("WebGLRenderer.readRenderTargetPixels: renderTarget is not in UnsignedByteType or implementation defined type.");return}L>=0&&L<=x.width-F&&z>=0&&z<=x.height-B&&I.readPixels(L,z,F,B,ie.convert(Pe),ie.convert(ze),ce)}finally{let ye=te!==null?we.get(te).__webglFramebuffer:null;fe.bindFramebuffer(I.FRAMEBUFFER,ye)}}},this.readRenderTargetPixelsAsync=async function(x,L,z,F,B,ce,_e,le=0){if(!(x&&x.isWebGLRenderTarget))throw new Error("THREE.WebGLRenderer.readRenderTargetPixels: renderTarget is not THREE.WebGLRenderTarget.");let pe=we.get(x).__webglFramebuffer;if(x.isWebGLCubeRenderTarget&&_e!==void 0&&(pe=pe[_e],Array.isArray(pe)&&(pe=pe[0])),pe)if(L>=0&&L<=x.width-F&&z>=0&&z<=x.height-B){fe.bindFramebuffer(I.FRAMEBUFFER,pe);let ye=x.textures[le],Pe=ye.format,ze=ye.type;x.textures.length>1&&I.readBuffer(I.COLOR_ATTACHMENT0+le);let ge=Ol(ye);if(ge.__formatReadable===!1)throw new Error("THREE.WebGLRenderer.readRenderTargetPixelsAsync: renderTarget is not in RGBA or implementation defined format.");if(ge.__typeReadable===!1)throw new Error("THREE.WebGLRenderer.readRenderTargetPixelsAsync: renderTarget is not in UnsignedByteType or implementation defined type.");let ke=I.createBuffer();I.bindBuffer(I.PIXEL_PACK_BUFFER,ke),I.bufferData(I.PIXEL_PACK_BUFFER,ce.byteLength,I.STREAM_READ),I.readPixels(L,z,F,B,ie.convert(Pe),ie.convert(ze),0),I.bindBuffer(I.PIXEL_PACK_BUFFER,null);let pt=te!==null?we.get(te).__webglFramebuffer:null;fe.bindFramebuffer(I.FRAMEBUFFER,pt);let it=I.fenceSync(I.SYNC_GPU_COMMANDS_COMPLETE,0);return I.flush(),await Th(I,it,4),I.bindBuffer(I.PIXEL_PACK_BUFFER,ke),I.getBufferSubData(I.PIXEL_PACK_BUFFER,0,ce),I.bindBuffer(I.PIXEL_PACK_BUFFER,null),I.deleteBuffer(ke),I.deleteSync(it),ce}else throw new Error("THREE.WebGLRenderer.readRenderTargetPixelsAsync: requested read bounds are out of range.")},this.copyFramebufferToTexture=function(x,L=null,z=0){let F=Math.pow(2,-z),B=Math.floor(x.image.width*F),ce=Math.floor(x.image.height*F),_e=L!==null?L.x:0,le=L!==null?L.y:0;Ce.setTexture2D(x,0),I.copyTexSubImage2D(I.TEXTURE_2D,z,0,0,_e,le,B,ce),fe.unbindTexture()},this.copyTextureToTexture=function(x,L,z=null,F=null,B=0,ce=0){let _e,le,pe,ye,Pe,ze,ge,ke,pt,it=x.isCompressedTexture?x.mipmaps[ce]:x.image;if(z!==null)_e=z.max.x-z.min.x,le=z.max.y-z.min.y,pe=z.isBox3?z.max.z-z.min.z:1,ye=z.min.x,Pe=z.min.y,ze=z.isBox3?z.min.z:0;else{let We=Math.pow(2,-B);_e=Math.floor(it.width*We),le=Math.floor(it.height*We),x.isDataArrayTexture?pe=it.depth:x.isData3DTexture?pe=Math.floor(it.depth*We):pe=1,ye=0,Pe=0,ze=0}F!==null?(ge=F.x,ke=F.y,pt=F.z):(ge=0,ke=0,pt=0);let et=ie.convert(L.format),Ft=ie.convert(L.type),xe;L.isData3DTexture?(Ce.setTexture3D(L,0),xe=I.TEXTURE_3D):L.isDataArrayTexture||L.isCompressedArrayTexture?(Ce.setTexture2DArray(L,0),xe=I.TEXTURE_2D_ARRAY):(Ce.setTexture2D(L,0),xe=I.TEXTURE_2D),fe.activeTexture(I.TEXTURE0),fe.pixelStorei(I.UNPACK_FLIP_Y_WEBGL,L.flipY),fe.pixelStorei(I.UNPACK_PREMULTIPLY_ALPHA_WEBGL,L.premultiplyAlpha),fe.pixelStorei(I.UNPACK_ALIGNMENT,L.unpackAlignment);let Yt=fe.getParameter(I.UNPACK_ROW_LENGTH),Ye=fe.getParameter(I.UNPACK_IMAGE_HEIGHT),hn=fe.getParameter(I.UNPACK_SKIP_PIXELS),Ot=fe.getParameter(I.UNPACK_SKIP_ROWS),Zs=fe.getParameter(I.UNPACK_SKIP_IMAGES);fe.pixelStorei(I.UNPACK_ROW_LENGTH,it.width),fe.pixelStorei(I.UNPACK_IMAGE_HEIGHT,it.height),fe.pixelStorei(I.UNPACK_SKIP_PIXELS,ye),fe.pixelStorei(I.UNPACK_SKIP_ROWS,Pe),fe.pixelStorei(I.UNPACK_SKIP_IMAGES,ze);let Xi=x.isDataArrayTexture||x.isData3DTexture,cn=L.isDataArrayTexture||L.isData3DTexture;if(x.isDepthTexture){let We=we.get(x),It=we.get(L),_i=we.get(We.__renderTarget),lt=we.get(It.__renderTarget);fe.bindFramebuffer(I.READ_FRAMEBUFFER,_i.__webglFramebuffer),fe.bindFramebuffer(I.DRAW_FRAMEBUFFER,lt.__webglFramebuffer);for(let bt=0;bt<pe;bt++)Xi&&(I.framebufferTextureLayer(I.READ_FRAMEBUFFER,I.COLOR_ATTACHMENT0,we.get(x).__webglTexture,B,ze+bt),I.framebufferTextureLayer(I.DRAW_FRAMEBUFFER,I.COLOR_ATTACHMENT0,we.get(L).__webglTexture,ce,pt+bt)),I.blitFramebuffer(ye,Pe,ye+_e,Pe+le,ge,ke,ge+_e,ke+le,I.DEPTH_BUFFER_BIT,I.NEAREST);fe.bindFramebuffer(I.READ_FRAMEBUFFER,null),fe.bindFramebuffer(I.DRAW_FRAMEBUFFER,null)}else if(B!==0||x.isRenderTargetTexture||we.has(x)){let We=we.get(x),It=we.get(L);fe.bindFramebuffer(I.READ_FRAMEBUFFER,P),fe.bindFramebuffer(I.DRAW_FRAMEBUFFER,H);for(let _i=0;_i<pe;_i++)Xi?I.framebufferTextureLayer(I.READ_FRAMEBUFFER,I.COLOR_ATTACHMENT0,We.__webglTexture,B,ze+_i):I.framebufferTexture2D(I.READ_FRAMEBUFFER,I.COLOR_ATTACHMENT0,I.TEXTURE_2D,We.__webglTexture,B),cn?I.framebufferTextureLayer(I.DRAW_FRAMEBUFFER,I.COLOR_ATTACHMENT0,It.__webglTexture,ce,pt+_i):I.framebufferTexture2D(I.DRAW_FRAMEBUFFER,I.COLOR_ATTACHMENT0,I.TEXTURE_2D,It.__webglTexture,ce),B!==0?I.blitFramebuffer(ye,Pe,ye+_e,Pe+le,ge,ke,ge+_e,ke+le,I.COLOR_BUFFER_BIT,I.NEAREST):cn?I.copyTexSubImage3D(xe,ce,ge,ke,pt+_i,ye,Pe,_e,le):I.copyTexSubImage2D(xe,ce,ge,ke,ye,Pe,_e,le);fe.bindFramebuffer(I.READ_FRAMEBUFFER,null),fe.bindFramebuffer(I.DRAW_FRAMEBUFFER,null)}else cn?x.isDataTexture||x.isData3DTexture?I.texSubImage3D(xe,ce,ge,ke,pt,_e,le,pe,et,Ft,it.data):L.isCompressedArrayTexture?I.compressedTexSubImage3D(xe,ce,ge,ke,pt,_e,le,pe,et,it.data):I.texSubImage3D(xe,ce,ge,ke,pt,_e,le,pe,et,Ft,it):x.isDataTexture?I.texSubImage2D(I.TEXTURE_2D,ce,ge,ke,_e,le,et,Ft,it.data):x.isCompressedTexture?I.compressedTexSubImage2D(I.TEXTURE_2D,ce,ge,ke,it.width,it.height,et,it.data):I.texSubImage2D(I.TEXTURE_2D,ce,ge,ke,_e,le,et,Ft,it);fe.pixelStorei(I.UNPACK_ROW_LENGTH,Yt),fe.pixelStorei(I.UNPACK_IMAGE_HEIGHT,Ye),fe.pixelStorei(I.UNPACK_SKIP_PIXELS,hn),fe.pixelStorei(I.UNPACK_SKIP_ROWS,Ot),fe.pixelStorei(I.UNPACK_SKIP_IMAGES,Zs),ce===0&&L.generateMipmaps===!0&&L.mipmapsAutoUpdate===!0&&I.generateMipmap(xe),fe.unbindTexture()},this.initRenderTarget=function(x){we.get(x).__webglFramebuffer===void 0&&Ce.setupRenderTarget(x)},this.initTexture=function(x){x.isCubeTexture?Ce.setTextureCube(x,0):x.isData3DTexture?Ce.setTexture3D(x,0):x.isDataArrayTexture||x.isCompressedArrayTexture?Ce.setTexture2DArray(x,0):Ce.setTexture2D(x,0),fe.unbindTexture()},this.resetState=function(){Z=0,k=0,te=null,fe.reset(),re.reset()},typeof __THREE_DEVTOOLS__<"u"&&__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent("observe",{detail:this}))}get coordinateSystem(){return Nt}get outputColorSpace(){return this._outputColorSpace}set outputColorSpace(e){this._outputColorSpace=e;let t=this.getContext();t.drawingBufferColorSpace=Le._getDrawingBufferColorSpace(e),t.unpackColorSpace=Le._getUnpackColorSpace()}};var vd={type:"change"},ml={type:"start"},bd={type:"end"},xa=new Ai,Ad=new Vt,jm=Math.cos(70*Ia.DEG2RAD),Tt=new C,jt=2*Math.PI,Ke={NONE:-1,ROTATE:0,DOLLY:1,PAN:2,TOUCH_ROTATE:3,TOUCH_PAN:4,TOUCH_DOLLY_PAN:5,TOUCH_DOLLY_ROTATE:6},pl=1e-6,Ma=class extends Hs{constructor(e,t=null){super(e,t),this.state=Ke.NONE,this.target=new C,this.cursor=new C,this.minDistance=0,this.maxDistance=1/0,this.minZoom=0,this.maxZoom=1/0,this.minTargetRadius=0,this.maxTargetRadius=1/0,this.minPolarAngle=0,this.maxPolarAngle=Math.PI,this.minAzimuthAngle=-1/0,this.maxAzimuthAngle=1/0,this.enableDamping=!1,this.dampingFactor=.05,this.enableZoom=!0,this.zoomSpeed=1,this.enableRotate=!0,this.rotateSpeed=1,this.keyRotateSpeed=1,this.enablePan=!0,this.panSpeed=1,this.screenSpacePanning=!0,this.keyPanSpeed=7,this.zoomToCursor=!1,this.autoRotate=!1,this.autoRotateSpeed=2,this.keys={LEFT:"ArrowLeft",UP:"ArrowUp",RIGHT:"ArrowRight",BOTTOM:"ArrowDown"},this.mouseButtons={LEFT:fn.ROTATE,MIDDLE:fn.DOLLY,RIGHT:fn.PAN},this.touches={ONE:un.ROTATE,TWO:un.DOLLY_PAN},this.target0=this.target.clone(),this.position0=this.object.position.clone(),this.zoom0=this.object.zoom,this._cursorStyle="auto",this._domElementKeyEvents=null,this._lastPosition=new C,this._lastQuaternion=new Ct,this._lastTargetPosition=new C,this._quat=new Ct().setFromUnitVectors(e.up,new C(0,1,0)),this._quatInverse=this._quat.clone().invert(),this._spherical=new sn,this._sphericalDelta=new sn,this._scale=1,this._panOffset=new C,this._rotateStart=new ae,this._rotateEnd=new ae,this._rotateDelta=new ae,this._panStart=new ae,this._panEnd=new ae,this._panDelta=new ae,this._dollyStart=new ae,this._dollyEnd=new ae,this._dollyDelta=new ae,this._dollyDirection=new C,this._mouse=new ae,this._performCursorZoom=!1,this._pointers=[],this._pointerPositions={},this._controlActive=!1,this._onPointerMove=t_.bind(this),this._onPointerDown=e_.bind(this),this._onPointerUp=i_.bind(this),this._onContextMenu=h_.bind(this),this._onMouseWheel=s_.bind(this),this._onKeyDown=o_.bind(this),this._onTouchStart=a_.bind(this),this._onTouchMove=l_.bind(this),this._onMouseDown=n_.bind(this),this._onMouseMove=r_.bind(this),this._interceptControlDown=c_.bind(this),this._interceptControlUp=f_.bind(this),this.domElement!==null&&this.connect(this.domElement),this.update()}set cursorStyle(e){this._cursorStyle=e,e==="grab"?this.domElement.style.cursor="grab":this.domElement.style.cursor="auto"}get cursorStyle(){return this._cursorStyle}connect(e){super.connect(e),this.domElement.addEventListener("pointerdown",this._onPointerDown),this.domElement.addEventListener("pointercancel",this._onPointerUp),this.domElement.addEventListener("contextmenu",this._onContextMenu),this.domElement.addEventListener("wheel",this._onMouseWheel,{passive:!1}),this.domElement.ownerDocument.addEventListener("keydown",this._interceptControlDown,{passive:!0,capture:!0}),this.domElement.style.touchAction="none"}disconnect(){this.state=Ke.NONE,this.domElement.removeEventListener("pointerdown",this._onPointerDown),this.domElement.ownerDocument.removeEventListener("pointermove",this._onPointerMove),this.domElement.ownerDocument.removeEventListener("pointerup",this._onPointerUp),this.domElement.removeEventListener("pointercancel",this._onPointerUp),this.domElement.removeEventListener("wheel",this._onMouseWheel),this.domElement.removeEventListener("contextmenu",this._onContextMenu),this.stopListenToKeyEvents(),this.domElement.ownerDocument.removeEventListener("keydown",this._interceptControlDown,{capture:!0}),this.domElement.ownerDocument.removeEventListener("keyup",this._interceptControlUp,{capture:!0}),this._controlActive=!1,this._pointers.length=0,this._pointerPositions={},this.domElement.style.touchAction="",this.domElement.style.cursor="auto"}dispose(){this.disconnect()}getPolarAngle(){return this._spherical.phi}getAzimuthalAngle(){return this._spherical.theta}getDistance(){return this.object.position.distanceTo(this.target)}listenToKeyEvents(e){e.addEventListener("keydown",this._onKeyDown),this._domElementKeyEvents=e}stopListenToKeyEvents(){this._domElementKeyEvents!==null&&(this._domElementKeyEvents.removeEventListener("keydown",this._onKeyDown),this._domElementKeyEvents=null)}saveState(){this.target0.copy(this.target),this.position0.copy(this.object.position),this.zoom0=this.object.zoom}reset(){this.target.copy(this.target0),this.object.position.copy(this.position0),this.object.zoom=this.zoom0,this.object.updateProjectionMatrix(),this.dispatchEvent(vd),this.update(),this.state=Ke.NONE}pan(e,t){this._pan(e,t),this.update()}dollyIn(e){this._dollyIn(e),this.update()}dollyOut(e){this._dollyOut(e),this.update()}rotateLeft(e){this._rotateLeft(e),this.update()}rotateUp(e){this._rotateUp(e),this.update()}update(e=null){let t=this.object.position;Tt.copy(t).sub(this.target),Tt.applyQuaternion(this._quat),this._spherical.setFromVector3(Tt),this.autoRotate&&this.state===Ke.NONE&&this._rotateLeft(this._getAutoRotationAngle(e)),this.enableDamping?(this._spherical.theta+=this._sphericalDelta.theta*this.dampingFactor,this._spherical.phi+=this._sphericalDelta.phi*this.dampingFactor):(this._spherical.theta+=this._sphericalDelta.theta,this._spherical.phi+=this._sphericalDelta.phi);let i=this.minAzimuthAngle,r=this.maxAzimuthAngle;isFinite(i)&&isFinite(r)&&(i<-Math.PI?i+=jt:i>Math.PI&&(i-=jt),r<-Math.PI?r+=jt:r>Math.PI&&(r-=jt),i<=r?this._spherical.theta=Math.max(i,Math.min(r,this._spherical.theta)):this._spherical.theta=this._spherical.theta>(i+r)/2?Math.max(i,this._spherical.theta):Math.min(r,this._spherical.theta)),this._spherical.phi=Math.max(this.minPolarAngle,Math.min(this.maxPolarAngle,this._spherical.phi)),this._spherical.makeSafe(),this.enableDamping===!0?this.target.addScaledVector(this._panOffset,this.dampingFactor):this.target.add(this._panOffset),this.target.sub(this.cursor),this.target.clampLength(this.minTargetRadius,this.maxTargetRadius),this.target.add(this.cursor);let s=!1;if(this.zoomToCursor&&this._performCursorZoom||this.object.isOrthographicCamera)this._spherical.radius=this._clampDistance(this._spherical.radius);else{let o=this._spherical.radius;this._spherical.radius=this._clampDistance(this._spherical.radius*this._scale),s=o!=this._spherical.radius}if(Tt.setFromSpherical(this._spherical),Tt.applyQuaternion(this._quatInverse),t.copy(this.target).add(Tt),this.object.lookAt(this.target),this.enableDamping===!0?(this._sphericalDelta.theta*=1-this.dampingFactor,this._sphericalDelta.phi*=1-this.dampingFactor,this._panOffset.multiplyScalar(1-this.dampingFactor)):(this._sphericalDelta.set(0,0,0),this._panOffset.set(0,0,0)),this.zoomToCursor&&this._performCursorZoom){let o=null;if(this.object.isPerspectiveCamera){let a=Tt.length();o=this._clampDistance(a*this._scale);let h=a-o;this.object.position.addScaledVector(this._dollyDirection,h),this.object.updateMatrixWorld(),s=!!h}else if(this.object.isOrthographicCamera){let a=new C(this._mouse.x,this._mouse.y,0);a.unproject(this.object);let h=this.object.zoom;this.object.zoom=Math.max(this.minZoom,Math.min(this.maxZoom,this.object.zoom/this._scale)),this.object.updateProjectionMatrix(),s=h!==this.object.zoom;let l=new C(this._mouse.x,this._mouse.y,0);l.unproject(this.object),this.object.position.sub(l).add(a),this.object.updateMatrixWorld(),o=Tt.length()}else console.warn("WARNING: OrbitControls.js encountered an unknown camera type - zoom to cursor disabled."),this.zoomToCursor=!1;o!==null&&(this.screenSpacePanning?this.target.set(0,0,-1).transformDirection(this.object.matrix).multiplyScalar(o).add(this.object.position):(xa.origin.copy(this.object.position),xa.direction.set(0,0,-1).transformDirection(this.object.matrix),Math.abs(this.object.up.dot(xa.direction))<jm?this.object.lookAt(this.target):(Ad.setFromNormalAndCoplanarPoint(this.object.up,this.target),xa.intersectPlane(Ad,this.target))))}else if(this.object.isOrthographicCamera){let o=this.object.zoom;this.object.zoom=Math.max(this.minZoom,Math.min(this.maxZoom,this.object.zoom/this._scale)),o!==this.object.zoom&&(this.object.updateProjectionMatrix(),s=!0)}return this._scale=1,this._performCursorZoom=!1,s||this._lastPosition.distanceToSquared(this.object.position)>pl||8*(1-this._lastQuaternion.dot(this.object.quaternion))>pl||this._lastTargetPosition.distanceToSquared(this.target)>pl?(this.dispatchEvent(vd),this._lastPosition.copy(this.object.position),this._lastQuaternion.copy(this.object.quaternion),this._lastTargetPosition.copy(this.target),!0):!1}_getAutoRotationAngle(e){return e!==null?jt/60*this.autoRotateSpeed*e:jt/60/60*this.autoRotateSpeed}_getZoomScale(e){let t=Math.abs(e*.01);return Math.pow(.95,this.zoomSpeed*t)}_rotateLeft(e){this._sphericalDelta.theta-=e}_rotateUp(e){this._sphericalDelta.phi-=e}_panLeft(e,t){Tt.setFromMatrixColumn(t,0),Tt.multiplyScalar(-e),this._panOffset.add(Tt)}_panUp(e,t){this.screenSpacePanning===!0?Tt.setFromMatrixColumn(t,1):(Tt.setFromMatrixColumn(t,0),Tt.crossVectors(this.object.up,Tt)),Tt.multiplyScalar(e),this._panOffset.add(Tt)}_pan(e,t){let i=this.domElement;if(this.object.isPerspectiveCamera){let r=this.object.position;Tt.copy(r).sub(this.target);let s=Tt.length();s*=Math.tan(this.object.fov/2*Math.PI/180),this._panLeft(2*e*s/i.clientHeight,this.object.matrix),this._panUp(2*t*s/i.clientHeight,this.object.matrix)}else this.object.isOrthographicCamera?(this._panLeft(e*(this.object.right-this.object.left)/this.object.zoom/i.clientWidth,this.object.matrix),this._panUp(t*(this.object.top-this.object.bottom)/this.object.zoom/i.clientHeight,this.object.matrix)):(console.warn("WARNING: OrbitControls.js encountered an unknown camera type - pan disabled."),this.enablePan=!1)}_dollyOut(e){this.object.isPerspectiveCamera||this.object.isOrthographicCamera?this._scale/=e:(console.warn("WARNING: OrbitControls.js encountered an unknown camera type - dolly/zoom disabled."),this.enableZoom=!1)}_dollyIn(e){this.object.isPerspectiveCamera||this.object.isOrthographicCamera?this._scale*=e:(console.warn("WARNING: OrbitControls.js encountered an unknown camera type - dolly/zoom disabled."),this.enableZoom=!1)}_updateZoomParameters(e,t){if(!this.zoomToCursor)return;this._performCursorZoom=!0;let i=this.domElement.getBoundingClientRect(),r=e-i.left,s=t-i.top,o=i.width,a=i.height;this._mouse.x=r/o*2-1,this._mouse.y=-(s/a)*2+1,this._dollyDirection.set(this._mouse.x,this._mouse.y,1).unproject(this.object).sub(this.object.position).normalize()}_clampDistance(e){return Math.max(this.minDistance,Math.min(this.maxDistance,e))}_handleMouseDownRotate(e){this._rotateStart.set(e.clientX,e.clientY)}_handleMouseDownDolly(e){this._updateZoomParameters(e.clientX,e.clientY),this._dollyStart.set(e.clientX,e.clientY)}_handleMouseDownPan(e){this._panStart.set(e.clientX,e.clientY)}_handleMouseMoveRotate(e){this._rotateEnd.set(e.clientX,e.clientY),this._rotateDelta.subVectors(this._rotateEnd,this._rotateStart).multiplyScalar(this.rotateSpeed);let t=this.domElement;this._rotateLeft(jt*this._rotateDelta.x/t.clientHeight),this._rotateUp(jt*this._rotateDelta.y/t.clientHeight),this._rotateStart.copy(this._rotateEnd),this.update()}_handleMouseMoveDolly(e){this._dollyEnd.set(e.clientX,e.clientY),this._dollyDelta.subVectors(this._dollyEnd,this._dollyStart),this._dollyDelta.y>0?this._dollyOut(this._getZoomScale(this._dollyDelta.y)):this._dollyDelta.y<0&&this._dollyIn(this._getZoomScale(this._dollyDelta.y)),this._dollyStart.copy(this._dollyEnd),this.zoomToCursor&&(this._performCursorZoom=!0,this._dollyDirection.set(this._mouse.x,this._mouse.y,1).unproject(this.object).sub(this.object.position).normalize()),this.update()}_handleMouseMovePan(e){this._panEnd.set(e.clientX,e.clientY),this._panDelta.subVectors(this._panEnd,this._panStart).multiplyScalar(this.panSpeed),this._pan(this._panDelta.x,this._panDelta.y),this._panStart.copy(this._panEnd),this.update()}_handleMouseWheel(e){this._updateZoomParameters(e.clientX,e.clientY),e.deltaY<0?this._dollyIn(this._getZoomScale(e.deltaY)):e.deltaY>0&&this._dollyOut(this._getZoomScale(e.deltaY)),this.update()}_handleKeyDown(e){let t=!1;switch(e.code){case this.keys.UP:e.ctrlKey||e.metaKey||e.shiftKey?this.enableRotate&&this._rotateUp(jt*this.keyRotateSpeed/this.domElement.clientHeight):this.enablePan&&this._pan(0,this.keyPanSpeed),t=!0;break;case this.keys.BOTTOM:e.ctrlKey||e.metaKey||e.shiftKey?this.enableRotate&&this._rotateUp(-jt*this.keyRotateSpeed/this.domElement.clientHeight):this.enablePan&&this._pan(0,-this.keyPanSpeed),t=!0;break;case this.keys.LEFT:e.ctrlKey||e.metaKey||e.shiftKey?this.enableRotate&&this._rotateLeft(jt*this.keyRotateSpeed/this.domElement.clientHeight):this.enablePan&&this._pan(this.keyPanSpeed,0),t=!0;break;case this.keys.RIGHT:e.ctrlKey||e.metaKey||e.shiftKey?this.enableRotate&&this._rotateLeft(-jt*this.keyRotateSpeed/this.domElement.clientHeight):this.enablePan&&this._pan(-this.keyPanSpeed,0),t=!0;break}t&&(e.preventDefault(),this.update())}_handleTouchStartRotate(e){if(this._pointers.length===1)this._rotateStart.set(e.pageX,e.pageY);else{let t=this._getSecondPointerPosition(e),i=.5*(e.pageX+t.x),r=.5*(e.pageY+t.y);this._rotateStart.set(i,r)}}_handleTouchStartPan(e){if(this._pointers.length===1)this._panStart.set(e.pageX,e.pageY);else{let t=this._getSecondPointerPosition(e),i=.5*(e.pageX+t.x),r=.5*(e.pageY+t.y);this._panStart.set(i,r)}}_handleTouchStartDolly(e){let t=this._getSecondPointerPosition(e),i=e.pageX-t.x,r=e.pageY-t.y,s=Math.sqrt(i*i+r*r);this._dollyStart.set(0,s)}_handleTouchStartDollyPan(e){this.enableZoom&&this._handleTouchStartDolly(e),this.enablePan&&this._handleTouchStartPan(e)}_handleTouchStartDollyRotate(e){this.enableZoom&&this._handleTouchStartDolly(e),this.enableRotate&&this._handleTouchStartRotate(e)}_handleTouchMoveRotate(e){if(this._pointers.length==1)this._rotateEnd.set(e.pageX,e.pageY);else{let i=this._getSecondPointerPosition(e),r=.5*(e.pageX+i.x),s=.5*(e.pageY+i.y);this._rotateEnd.set(r,s)}this._rotateDelta.subVectors(this._rotateEnd,this._rotateStart).multiplyScalar(this.rotateSpeed);let t=this.domElement;this._rotateLeft(jt*this._rotateDelta.x/t.clientHeight),this._rotateUp(jt*this._rotateDelta.y/t.clientHeight),this._rotateStart.copy(this._rotateEnd)}_handleTouchMovePan(e){if(this._pointers.length===1)this._panEnd.set(e.pageX,e.pageY);else{let t=this._getSecondPointerPosition(e),i=.5*(e.pageX+t.x),r=.5*(e.pageY+t.y);this._panEnd.set(i,r)}this._panDelta.subVectors(this._panEnd,this._panStart).multiplyScalar(this.panSpeed),this._pan(this._panDelta.x,this._panDelta.y),this._panStart.copy(this._panEnd)}_handleTouchMoveDolly(e){let t=this._getSecondPointerPosition(e),i=e.pageX-t.x,r=e.pageY-t.y,s=Math.sqrt(i*i+r*r);this._dollyEnd.set(0,s),this._dollyDelta.set(0,Math.pow(this._dollyEnd.y/this._dollyStart.y,this.zoomSpeed)),this._dollyOut(this._dollyDelta.y),this._dollyStart.copy(this._dollyEnd);let o=(e.pageX+t.x)*.5,a=(e.pageY+t.y)*.5;this._updateZoomParameters(o,a)}_handleTouchMoveDollyPan(e){this.enableZoom&&this._handleTouchMoveDolly(e),this.enablePan&&this._handleTouchMovePan(e)}_handleTouchMoveDollyRotate(e){this.enableZoom&&this._handleTouchMoveDolly(e),this.enableRotate&&this._handleTouchMoveRotate(e)}_addPointer(e){this._pointers.push(e.pointerId)}_removePointer(e){delete this._pointerPositions[e.pointerId];for(let t=0;t<this._pointers.length;t++)if(this._pointers[t]==e.pointerId){this._pointers.splice(t,1);return}}_isTrackingPointer(e){for(let t=0;t<this._pointers.length;t++)if(this._pointers[t]==e.pointerId)return!0;return!1}_trackPointer(e){let t=this._pointerPositions[e.pointerId];t===void 0&&(t=new ae,this._pointerPositions[e.pointerId]=t),t.set(e.pageX,e.pageY)}_getSecondPointerPosition(e){let t=e.pointerId===this._pointers[0]?this._pointers[1]:this._pointers[0];return this._pointerPositions[t]}_customWheelEvent(e){let t=e.deltaMode,i={clientX:e.clientX,clientY:e.clientY,deltaY:e.deltaY};switch(t){case 1:i.deltaY*=16;break;case 2:i.deltaY*=100;break}return e.ctrlKey&&!this._controlActive&&(i.deltaY*=10),i}};function e_(n){this.enabled!==!1&&(this._pointers.length===0&&(this.domElement.setPointerCapture(n.pointerId),this.domElement.ownerDocument.addEventListener("pointermove",this._onPointerMove),this.domElement.ownerDocument.addEventListener("pointerup",this._onPointerUp)),!this._isTrackingPointer(n)&&(this._addPointer(n),n.pointerType==="touch"?this._onTouchStart(n):this._onMouseDown(n),this._cursorStyle==="grab"&&(this.domElement.style.cursor="grabbing")))}function t_(n){this.enabled!==!1&&(n.pointerType==="touch"?this._onTouchMove(n):this._onMouseMove(n))}function i_(n){switch(this._removePointer(n),this._pointers.length){case 0:this.domElement.releasePointerCapture(n.pointerId),this.domElement.ownerDocument.removeEventListener("pointermove",this._onPointerMove),this.domElement.ownerDocument.removeEventListener("pointerup",this._onPointerUp),this.dispatchEvent(bd),this.state=Ke.NONE,this._cursorStyle==="grab"&&(this.domElement.style.cursor="grab");break;case 1:let e=this._pointers[0],t=this._pointerPositions[e];this._onTouchStart({pointerId:e,pageX:t.x,pageY:t.y});break}}function n_(n){let e;switch(n.button){case 0:e=this.mouseButtons.LEFT;break;case 1:e=this.mouseButtons.MIDDLE;break;case 2:e=this.mouseButtons.RIGHT;break;default:e=-1}switch(e){case fn.DOLLY:if(this.enableZoom===!1)return;this._handleMouseDownDolly(n),this.state=Ke.DOLLY;break;case fn.ROTATE:if(n.ctrlKey||n.metaKey||n.shiftKey){if(this.enablePan===!1)return;this._handleMouseDownPan(n),this.state=Ke.PAN}else{if(this.enableRotate===!1)return;this._handleMouseDownRotate(n),this.state=Ke.ROTATE}break;case fn.PAN:if(n.ctrlKey||n.metaKey||n.shiftKey){if(this.enableRotate===!1)return;this._handleMouseDownRotate(n),this.state=Ke.ROTATE}else{if(this.enablePan===!1)return;this._handleMouseDownPan(n),this.state=Ke.PAN}break;default:this.state=Ke.NONE}this.state!==Ke.NONE&&this.dispatchEvent(ml)}function r_(n){switch(this.state){case Ke.ROTATE:if(this.enableRotate===!1)return;this._handleMouseMoveRotate(n);break;case Ke.DOLLY:if(this.enableZoom===!1)return;this._handleMouseMoveDolly(n);break;case Ke.PAN:if(this.enablePan===!1)return;this._handleMouseMovePan(n);break}}function s_(n){this.enabled===!1||this.enableZoom===!1||this.state!==Ke.NONE||(n.preventDefault(),this.dispatchEvent(ml),this._handleMouseWheel(this._customWheelEvent(n)),this.dispatchEvent(bd))}function o_(n){this.enabled!==!1&&this._handleKeyDown(n)}function a_(n){switch(this._trackPointer(n),this._pointers.length){case 1:switch(this.touches.ONE){case un.ROTATE:if(this.enableRotate===!1){this.state=Ke.NONE;break}this._handleTouchStartRotate(n),this.state=Ke.TOUCH_ROTATE;break;case un.PAN:if(this.enablePan===!1){this.state=Ke.NONE;break}this._handleTouchStartPan(n),this.state=Ke.TOUCH_PAN;break;default:this.state=Ke.NONE}break;case 2:switch(this.touches.TWO){case un.DOLLY_PAN:if(this.enableZoom===!1&&this.enablePan===!1)return;this._handleTouchStartDollyPan(n),this.state=Ke.TOUCH_DOLLY_PAN;break;case un.DOLLY_ROTATE:if(this.enableZoom===!1&&this.enableRotate===!1)return;this._handleTouchStartDollyRotate(n),this.state=Ke.TOUCH_DOLLY_ROTATE;break;default:this.state=Ke.NONE}break;default:this.state=Ke.NONE}this.state!==Ke.NONE&&this.dispatchEvent(ml)}function l_(n){switch(this._trackPointer(n),this.state){case Ke.TOUCH_ROTATE:if(this.enableRotate===!1)return;this._handleTouchMoveRotate(n),this.update();break;case Ke.TOUCH_PAN:if(this.enablePan===!1)return;this._handleTouchMovePan(n),this.update();break;case Ke.TOUCH_DOLLY_PAN:if(this.enableZoom===!1&&this.enablePan===!1)return;this._handleTouchMoveDollyPan(n),this.update();break;case Ke.TOUCH_DOLLY_ROTATE:if(this.enableZoom===!1&&this.enableRotate===!1)return;this._handleTouchMoveDollyRotate(n),this.update();break;default:this.state=Ke.NONE}}function h_(n){this.enabled!==!1&&n.preventDefault()}function c_(n){n.key==="Control"&&(this._controlActive=!0,this.domElement.ownerDocument.addEventListener("keyup",this._interceptControlUp,{passive:!0,capture:!0}))}function f_(n){n.key==="Control"&&(this._controlActive=!1,this.domElement.ownerDocument.removeEventListener("keyup",this._interceptControlUp,{passive:!0,capture:!0}))}var Vi=["left","right"];var u_={left:23,right:24},d_={left:7,right:8},p_=1,an=(n,e,t)=>Math.min(Math.max(n,e),t);async function wd(n){let e=Uint8Array.from(atob(n),i=>i.charCodeAt(0)),t=new Blob([e]).stream().pipeThrough(new DecompressionStream("deflate"));return new Response(t).arrayBuffer()}var Ar=class n{static async of(e,t,i,r){return new n(new Int16Array(await wd(e)),t,i,r)}constructor(e,t,i,r){Object.assign(this,{values:e,frames:t,size:i,unit:r,count:e.length/t/i});for(let s=0;s<e.length;s+=t)for(let o=s+1;o<s+t;o++)e[o]+=e[o-1]}at(e,t){let{frames:i,values:r,unit:s}=this,o=an(e,0,i-1),a=Math.min(Math.floor(o),Math.max(i-2,0)),h=Math.min(a+1,i-1),l=o-a;for(let c=0;c<t.length;c++){let p=r[c*i+a],u=r[c*i+h],d=p===-32768&&l<1||u===-32768&&l>0;t[c]=d?NaN:s*(l===0?p:l===1?u:p+l*(u-p))}return t}},_l=class n{static async of(e,t){let i=new n,[r,s,o,a,h,l,c]=await Promise.all(["vertices","faces","influences","weights","rest","orientations","positions"].map(d=>wd(e[d])));i.vertices=new Float32Array(r),i.faces=new Uint16Array(s),i.influences=new Uint8Array(o),i.weights=new Uint8Array(a),i.rest=new Float32Array(h);let p=i.vertices.filter((d,M)=>M%3===1);i.height=p.reduce((d,M)=>Math.max(d,M))-p.reduce((d,M)=>Math.min(d,M)),i.rate=e.rate_hz,i.start=e.start_s,i.hasHead=e.has_head;let u=c.byteLength/2/3/e.joints;return i.orientations=new Ar(new Int16Array(l),u,4,1/32767),i.positions=new Ar(new Int16Array(c),u,3,t),i.pose={quaternions:new Float32Array(4*e.joints),joints:new Float32Array(3*e.joints)},i}poseAt(e){let t=(e-this.start)*this.rate;return this.orientations.at(t,this.pose.quaternions),this.positions.at(t,this.pose.joints),this.pose}},Sa=class n{static async of(e){let t=new n;return Object.assign(t,{label:e.label,note:e.note,frames:e.frames,rate:e.rate_hz,strikes:e.strikes,bones:e.bones}),t.series=await Ar.of(e.points,e.frames,3,e.unit_m),t.current=new Float32Array(75),e.markers&&(t.markerSeries=await Ar.of(e.markers,e.frames,3,e.unit_m),t.currentMarkers=new Float32Array(3*t.markerSeries.count)),e.surface&&(t.surface=await _l.of(e.surface,e.unit_m)),t.seconds=Math.max((e.frames-1)/e.rate_hz,.001),t.marks=t.heelMarks(),t.height=Math.max(t.highest(),t.surface?.height??0),t}pointsAt(e,t=this.current){return this.series.at(e*this.rate,t)}markersAt(e){return this.markerSeries.at(e*this.rate,this.currentMarkers)}focus(e){let i=new Float32Array(3),r=[0,0];for(let s=0;s<9;s++)this.pointsAt(e+(s/8-.5)*p_,i),r[0]+=i[0]/9,r[1]+=i[2]/9;return r}heelMarks(){let e=new Float32Array(75),t=[];for(let i of Vi)for(let r of this.strikes[i]||[]){this.pointsAt(r,e);let s=[u_[i],d_[i]].find(o=>!Number.isNaN(e[3*o]));s!==void 0&&t.push({side:i,time:r,x:e[3*s],z:e[3*s+2]})}return t}highest(){let e=0;for(let t=0;t<this.frames;t+=5){this.pointsAt(t/this.rate);for(let i=1;i<this.current.length;i+=3)this.current[i]>e&&(e=this.current[i])}return e+.12}extent(){let e=new Float32Array(3),t={x:[1/0,-1/0],z:[1/0,-1/0]};for(let i=0;i<this.frames;i++){this.series.at(i,e);for(let[r,s]of[["x",e[0]],["z",e[2]]])t[r]=[Math.min(t[r][0],s),Math.max(t[r][1],s)]}return this.series.at(0,e),{...t,start:[e[0],e[2]]}}};function Rd(n){if(n.length<2)return null;let e=Vi.map(r=>Math.min(...n.map(s=>(s.strikes[r]||[]).length))),t=Vi[e[0]>=e[1]?0:1],i=Math.max(...e);return i<2?null:n[0].strikes[t].slice(0,i).map((r,s)=>[r,n[1].strikes[t][s]])}function gl(n,e,t,i){let r=n.findIndex(h=>h[t]>e),s=an((r===-1?n.length:r)-1,0,n.length-2),[o,a]=[n[s],n[s+1]];return o[i]+(e-o[t])*(a[i]-o[i])/Math.max(a[t]-o[t],1e-6)}var Cd=new C(0,1,0),Sl=new Me().makeScale(0,0,0),m_=.095,__=.011,yl=.05,g_=.006,Pd=.1,x_=.09,M_={left:[[7,10],[18,20]],right:[[8,11],[19,21]]},Ld=[[2,5],[5,8],[17,19],[19,21]],S_=.5,y_=.45;function E_(){let n=[[0,0],[.62,0],[.86,.08],[1,.28],[.97,.5],[.8,.8],[.62,1],[0,1]];return new ta(n.map(([e,t])=>new ae(e,t)),14)}function ya(n,e,t,i=!0){let r=new Fs(n,e,t);return r.instanceMatrix.setUsage(xh),r.frustumCulled=!1,r.castShadow=i,r}function T_(n,e,t){let i=document.createElement("canvas"),r=i.getContext("2d"),s=`600 ${t?84:60}px system-ui, sans-serif`;r.font=s,i.width=t?128:Math.ceil(r.measureText(n).width)+16,i.height=t?128:76;let[o,a]=[i.width/2,i.height/2];t&&(r.fillStyle=t,r.beginPath(),r.arc(o,a,60,0,2*Math.PI),r.fill(),r.lineWidth=6,r.strokeStyle=e,r.stroke()),Object.assign(r,{font:s,fillStyle:e,textAlign:"center",textBaseline:"middle"}),r.fillText(n,o,a+4);let h=new Gs(i);return h.colorSpace=Ut,h.minFilter=St,h.generateMipmaps=!1,h}function El(n,e,t,i,r=!0){let s=T_(n,t,i),o=new Cs(new En({map:s,depthTest:!r,depthWrite:!1,transparent:!0,fog:!r}));return o.scale.set(e*s.image.width/s.image.height,e,1),o.renderOrder=r?10:0,o}var Dd=n=>`#${n.getHexString()}`,Ea=class extends Oi{constructor(e,t){super(),this.walk=e,this.isSecond=t,this.matrix4=new Me,this.vectors=[new C,new C,new C],this.quaternion4=new Ct,this.material=new nn({shininess:38,specular:3159098}),this.bones=ya(E_(),this.material,e.bones.length),this.joints=ya(new _r(1,16,12),this.material,25),this.radii=this.jointRadii(),this.bandMaterial=new nn({color:16777215,shininess:10}),this.bands=ya(new ea(1,1,1,14),this.bandMaterial,Ld.length,!1),this.head=new ct(new _r(m_,28,20),this.material.clone()),this.head.scale.set(.92,1.18,.88),this.head.castShadow=!0,this.add(this.bones,this.joints,this.bands,this.head),e.markerSeries&&this.addMarkers(),e.surface&&this.addSurface(),this.addMarks()}jointRadii(){let e=new Array(25).fill(0);this.sides=new Array(25).fill("bone");for(let[t,i,r,s]of this.walk.bones)for(let o of[t,i])s*1.02<=e[o]||(e[o]=s*1.02,this.sides[o]=r);return e[22]=0,e.map(t=>t*.92)}addMarkers(){this.markerMaterial=new nn({shininess:60}),this.markers=ya(new _r(__,10,8),this.markerMaterial,this.walk.markerSeries.count,!1),this.add(this.markers)}addSurface(){let{vertices:e,faces:t,influences:i,weights:r,rest:s}=this.walk.surface,o=new qe;o.setAttribute("position",new ht(e,3)),o.setAttribute("skinIndex",new ht(i,4)),o.setAttribute("skinWeight",new ht(r,4,!0)),o.setIndex(new ht(t,1)),o.computeVertexNormals();let a=Array.from({length:s.length/3},()=>new An),h=a.map((l,c)=>new Me().makeTranslation(-s[3*c],-s[3*c+1],-s[3*c+2]));this.skinMaterial=new nn({transparent:!0,opacity:S_,shininess:12,specular:2105376}),this.surface=new Ls(o,this.skinMaterial),this.surface.add(...a),this.surface.bind(new Ds(a,h),new Me),this.surface.frustumCulled=!1,this.surface.castShadow=!0,this.surface.renderOrder=5,this.add(this.surface)}addMarks(){this.marks=new Oi;for(let{side:e,time:t,x:i,z:r}of this.walk.marks){let s=e==="left"?new jo(yl,28):new ia(.62*yl,yl,28),o=new ct(s,new Tn({transparent:!0,depthWrite:!1,fog:!1}));o.rotation.x=-Math.PI/2,o.position.set(i,g_,r),o.userData={side:e,time:t},this.marks.add(o)}this.add(this.marks)}paint(e,t){let i=t&&this.isSecond;for(let r of[this.material,this.head.material,this.bandMaterial])r.transparent=i,r.opacity=i?y_:1,r.needsUpdate=!0;this.material.color.set(16777215),this.walk.bones.forEach(([,,r],s)=>this.bones.setColorAt(s,e[r])),this.sides.forEach((r,s)=>this.joints.setColorAt(s,e[r])),this.bones.instanceColor.needsUpdate=this.joints.instanceColor.needsUpdate=!0,this.head.material.color.copy(e.bone),this.markerMaterial?.color.copy(e.marker),this.skinMaterial?.color.lerpColors(e.body,e.bone,.45),this.marks.children.forEach(r=>r.material.color.copy(e[r.userData.side])),this.letter(e),this.isFaint=i}letter(e){this.removeTexts(),this.letters=Vi.flatMap(t=>M_[t].map(i=>{let r=El(t[0].toUpperCase(),Pd,Dd(e["on-accent"]),Dd(e[t]));return r.userData={points:i},r})),this.add(...this.letters)}removeTexts(){for(let e of this.letters||[])this.remove(e),e.material.map.dispose(),e.material.dispose()}show({markers:e,body:t,strikes:i,names:r}){this.markers&&(this.markers.visible=e),this.surface&&(this.surface.visible=t),this.marks.visible=i,this.letters.forEach(s=>{s.visible=r&&s.userData.isSeen&&!this.isFaint})}update(e,t){let i=this.walk.pointsAt(e),[r,s,o]=this.vectors;this.walk.bones.forEach(([a,h,,l],c)=>{r.fromArray(i,3*a),s.fromArray(i,3*h),this.bones.setMatrixAt(c,this.between(r,s,o,l,0,1))}),Ld.forEach(([a,h],l)=>{let c=this.walk.bones.find(p=>p[0]===a&&p[1]===h);r.fromArray(i,3*a),s.fromArray(i,3*h),this.bands.setMatrixAt(l,c?this.between(r,s,o,c[3]*1.06,.47,.1):Sl)}),this.radii.forEach((a,h)=>this.joints.setMatrixAt(h,this.ball(i,h,a)));for(let a of[this.bones,this.bands,this.joints])a.instanceMatrix.needsUpdate=!0;this.head.visible=!Number.isNaN(i[66]),this.walk.surface?.hasHead&&t.body&&(this.head.visible=!1),this.head.visible&&this.head.position.fromArray(i,66),this.markers&&t.markers&&this.updateMarkers(e),this.surface&&t.body&&this.updateSurface(e),this.updateTexts(i);for(let a of this.marks.children)a.material.opacity=a.userData.time<=e+1e-6?.9:.28;this.show(t)}between(e,t,i,r,s,o){i.subVectors(t,e);let a=i.length();if(!(a>1e-5))return Sl;this.quaternion4.setFromUnitVectors(Cd,i.divideScalar(a));let h=o===1?e:e.addScaledVector(i,a*(s+o/2));return this.matrix4.compose(h,this.quaternion4,t.set(r,a*o,r))}ball(e,t,i){let[r,s,o]=e.subarray(3*t,3*t+3);return Number.isNaN(r)||!i?Sl:this.matrix4.makeScale(i,i,i).setPosition(r,s,o)}updateMarkers(e){let t=this.walk.markersAt(e);for(let i=0;i<t.length/3;i++)this.markers.setMatrixAt(i,this.ball(t,i,1));this.markers.instanceMatrix.needsUpdate=!0}updateSurface(e){let{quaternions:t,joints:i}=this.walk.surface.poseAt(e);this.surface.skeleton.bones.forEach((r,s)=>{r.position.fromArray(i,3*s),r.quaternion.fromArray(t,4*s).normalize()})}updateTexts(e){let[t,i,r]=this.vectors;for(let s of this.letters){let[o,a]=s.userData.points;t.fromArray(e,3*o),i.fromArray(e,3*a),s.userData.isSeen=!Number.isNaN(i.x),r.subVectors(i,t).normalize(),s.position.copy(i).addScaledVector(Number.isNaN(r.x)?Cd:r,x_),s.position.y=Math.max(s.position.y,Pd/2)}}};var Id=28,v_=1.2,A_=.47,b_=1.22,Tl=7,Ud=.13,w_=24,Nd=Math.PI/30,R_=1.15,Al={Free:[.62,.3,-1],Left:[0,.05,-1],Right:[0,.05,1],Front:[1,.05,0],Above:[0,1,-.001]},vl=class extends Oi{constructor(e){super(),this.extent=e,this.fine=this.lines(.5),this.whole=this.lines(1),this.add(this.fine,this.whole),this.numbers=[]}lines(e){let{x:t,z:i,start:r}=this.extent,s=[],[o,a]=[[t,r[0]],[i,0]].map(([[c,p],u])=>{let d=u+Math.floor((c-Tl-u)/e)*e;return Array.from({length:Math.ceil((p-c+2*Tl)/e)+1},(M,E)=>d+E*e)});for(let c of o)s.push(c,0,a[0],c,0,a.at(-1));for(let c of a)s.push(o[0],0,c,o.at(-1),0,c);let h=new qe;h.setAttribute("position",new ht(new Float32Array(s),3));let l=new wn({transparent:!0,opacity:e===1?.95:.4});return new Bs(h,l)}paint(e){this.fine.material.color.copy(e.floor),this.whole.material.color.copy(e.floor),this.remove(...this.numbers),this.numbers.forEach(a=>{a.material.map.dispose(),a.material.dispose()});let{x:[t,i],z:r,start:[s]}=this.extent,o=[1,2,5,10,20,50].find(a=>(i-t)/a<w_)||100;this.numbers=[];for(let a=Math.ceil((t-s)/o)*o;a<=i-s+.5;a+=o){let h=El(`${a} m`,Ud,`#${e.muted.getHexString()}`,void 0,!1);h.position.set(s+a,Ud/2,r[1]+1),this.numbers.push(h)}this.numbers.length&&this.add(...this.numbers)}},Ta=class{constructor(e,t,i){let r=e.getContext("webgl2",{alpha:!0,antialias:!0,preserveDrawingBuffer:!0});if(!r)throw new Error("this browser has no WebGL");this.canvas=e,this.height=Math.max(...t.map(s=>s.height)),this.isOverlaid=!1,this.renderer=new Ys({canvas:e,context:r,alpha:!0}),this.renderer.shadowMap.enabled=!0,this.renderer.shadowMap.type=Yi,this.renderer.setClearColor(0,0),this.scene=new ys,this.scene.fog=new Ss(16777215,5,15),this.camera=new pi(Id,1,.1,60),this.figures=t.map((s,o)=>new Ea(s,o>0)),this.floors=t.map(s=>new vl(s.extent())),this.worlds=t.map((s,o)=>new Oi().add(this.floors[o],this.figures[o])),this.scene.add(...this.worlds,...this.lights(),this.shadowFloor()),this.addControls(i),this.setView("Free")}lights(){let e=new Sr(16777215,2.1);e.position.set(1.6,4.2,-2.4),e.castShadow=!0,e.shadow.mapSize.set(1024,1024),e.shadow.radius=4,e.shadow.normalBias=.02,Object.assign(e.shadow.camera,{left:-2.2,right:2.2,top:2.2,bottom:-2.2,near:.5,far:9});let t=new Sr(16777215,.7);return t.position.set(-2,2,3),this.sky=new ks(16777215,12107980,1.7),[e,t,this.sky]}shadowFloor(){return this.shadow=new ct(new mr(9,9),new zs({opacity:.22,fog:!1,depthWrite:!1})),this.shadow.rotation.x=-Math.PI/2,this.shadow.position.y=.002,this.shadow.receiveShadow=!0,this.shadow}addControls(e){this.onWheel=t=>{let i=this.canvas.getRootNode().activeElement===this.canvas;!t.ctrlKey&&!i&&t.stopImmediatePropagation()},this.canvas.addEventListener("wheel",this.onWheel,{capture:!0,passive:!0}),this.controls=new Ma(this.camera,this.canvas),Object.assign(this.controls,{enablePan:!1,minDistance:1,maxDistance:14,maxPolarAngle:Math.PI*.53}),this.controls.target.set(0,A_*this.height,0),this.canvas.style.touchAction="pan-y",this.controls.addEventListener("change",()=>this.draw()),this.controls.addEventListener("start",()=>e("Free"))}get distance(){return Math.max(b_*this.height,v_/Math.max(this.aspect||1,.1))/2/Math.tan(Id*Math.PI/360)}setView(e){this.offset=new C(...Al[e]).setLength(this.distance),this.camera.position.copy(this.controls.target).add(this.offset),this.controls.update(),this.draw()}move(e,t,i=0){let r=new C().subVectors(this.camera.position,this.controls.target),s=new sn().setFromVector3(r);s.theta+=e*Nd,s.phi=an(s.phi-t*Nd,.02,this.controls.maxPolarAngle),s.radius*=R_**-i,this.camera.position.setFromSpherical(s).add(this.controls.target),this.controls.update(),this.draw()}paint(e){this.colours=e,this.scene.fog.color.copy(e.surface);let t=e.surface.getHSL({}).l<.4;this.shadow.material.opacity=t?.5:.2,this.sky.groundColor=new Se(t?4213336:12107980),this.floors.forEach(i=>i.paint(e)),this.figures.forEach(i=>i.paint(e,this.isOverlaid))}setOverlaid(e){this.isOverlaid=e,this.figures.forEach(t=>t.paint(this.colours,e)),this.resize()}get views(){return this.isOverlaid?1:this.worlds.length}resize(){let{clientWidth:e,clientHeight:t}=this.canvas;if(!e||!t)return;let i=this.distance;this.aspect=e/this.views/t,this.renderer.setPixelRatio(this.isSimple?1:Math.min(window.devicePixelRatio||1,2)),this.renderer.setSize(e,t,!1);let r=new C().subVectors(this.camera.position,this.controls.target);this.camera.position.copy(this.controls.target).addScaledVector(r,this.distance/i),this.controls.update(),this.draw()}update(e,t){this.figures.forEach((i,r)=>{i.update(e[r],t);let[s,o]=i.walk.focus(e[r]);this.worlds[r].position.set(-s,0,-o)}),this.draw()}draw(){this.isDisposed||(this.frame??=requestAnimationFrame(()=>this.render()))}render(){cancelAnimationFrame(this.frame),this.frame=void 0;let{clientWidth:e,clientHeight:t}=this.canvas;if(!e||!t||!this.colours||this.isDisposed)return;let i=this.camera.position.distanceTo(this.controls.target);Object.assign(this.scene.fog,{near:i+2,far:i+Tl}),this.camera.aspect=this.aspect,this.camera.updateProjectionMatrix(),this.renderer.setScissorTest(!0);for(let r=0;r<this.views;r++){this.worlds.forEach((o,a)=>{o.visible=this.isOverlaid||a===r}),this.floors.forEach((o,a)=>{o.visible=a===(this.isOverlaid?0:r)});let s=r*e/this.views;this.renderer.setViewport(s,0,e/this.views,t),this.renderer.setScissor(s,0,e/this.views,t),this.renderer.render(this.scene,this.camera)}}simplify(){this.isSimple||(this.isSimple=!0,this.renderer.shadowMap.enabled=!1,this.scene.traverse(e=>{e.material&&(e.material.needsUpdate=!0)}),this.resize())}dispose(){this.isDisposed=!0,cancelAnimationFrame(this.frame),this.controls.dispose(),this.canvas.removeEventListener("wheel",this.onWheel,{capture:!0}),this.scene.traverse(e=>{e.geometry?.dispose(),e.material?.map?.dispose(),e.material?.dispose(),e.skeleton?.dispose(),e.shadow?.dispose(),e.isInstancedMesh&&e.dispose()}),this.renderer.dispose(),this.renderer.forceContextLoss()}};var qs={left:"#1d5fa8",right:"#b4530a",bone:"#64748b",body:"#c3d0de",floor:"#cbd5e1",marker:"#0f766e",ink:"#0f172a",muted:"#475569",line:"#d5dde6",accent:"#1d5fa8","on-accent":"#ffffff",surface:"#ffffff"},nt=n=>`var(--gait-${n}, ${qs[n]})`,Fd=`
  :host { display: block; color: ${nt("ink")}; font: inherit; line-height: 1.4; }
  .print { display: none; }
  .failed .print { display: block; }
  .failed .live { display: none; }
  @media print { :host { ${Object.entries(qs).map(([n,e])=>`--gait-${n}: ${e};`).join(" ")} }
    .live { display: none !important; } .print { display: block; } }
  .view { position: relative; }
  canvas { display: block; width: 100%; height: clamp(320px, 54vh, 480px); cursor: grab; box-sizing: border-box;
    border-radius: 10px; border: 1px solid ${nt("line")}; background: ${nt("surface")}; }
  .pair canvas { height: clamp(350px, 60vw, 460px); }
  canvas:active { cursor: grabbing; }
  :focus-visible { outline: 3px solid ${nt("accent")}; outline-offset: 2px; }
  .captions { position: absolute; inset: 10px 0 auto; display: grid; grid-auto-flow: column; pointer-events: none;
    grid-auto-columns: minmax(0, 1fr); font-weight: 600; font-size: 14px;
    overflow-wrap: anywhere; }
  .captions span { padding: 0 14px; }
  .overlaid .captions { grid-auto-columns: max-content; }
  .overlaid .captions span:nth-child(2) { opacity: 0.75; }
  .pair .view:not(.overlaid)::after { content: ""; position: absolute; left: 50%; top: 0; bottom: 0; width: 1px;
    background: ${nt("line")}; }
  .legend { position: absolute; left: 14px; bottom: 10px; display: flex; gap: 12px; font-size: 13px; pointer-events: none;
    color: ${nt("muted")}; }
  .legend span { display: inline-flex; align-items: center; gap: 5px; }
  .legend i { width: 20px; height: 6px; border-radius: 3px; }
  .legend .left { background: ${nt("left")}; }
  .legend .right { background: linear-gradient(90deg, ${nt("right")} 40%, #fff 40% 58%, ${nt("right")} 58%); }
  .bar { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; margin-top: 8px; }
  button, select { font: inherit; font-size: 14px; min-height: 36px; padding: 4px 11px; border-radius: 7px; cursor: pointer;
    border: 1px solid ${nt("line")}; background: ${nt("surface")}; color: inherit; }
  button:hover, select:hover { border-color: ${nt("accent")}; }
  button.icon { padding: 4px 9px; min-width: 38px; }
  button svg { display: block; width: 16px; height: 16px; fill: currentColor; margin: 0 auto; }
  button.play { min-width: 6.6em; background: ${nt("accent")}; color: ${nt("on-accent")}; font-weight: 600;
    border-color: transparent; display: inline-flex; align-items: center; justify-content: center; gap: 7px; }
  button.play svg { margin: 0; }
  .views { display: inline-flex; border: 1px solid ${nt("line")}; border-radius: 7px; }
  .views button { border: 0; border-radius: 6px; background: none; }
  .views button[aria-pressed=true] { background: ${nt("ink")}; color: ${nt("surface")}; font-weight: 600; }
  label { display: inline-flex; gap: 6px; align-items: center; font-size: 14px; min-height: 36px; margin-right: 4px; }
  input[type=checkbox] { width: 17px; height: 17px; margin: 0; accent-color: ${nt("accent")}; }
  output { font-variant-numeric: tabular-nums; font-size: 14px; min-width: 8.2em; }
  .time { margin-top: 8px; }
  .lane { display: grid; grid-template-columns: 6.4em minmax(0, 1fr); align-items: center; min-height: 20px;
    font-size: 13px; color: ${nt("muted")}; }
  .lane > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .track { position: relative; height: 16px; margin: 0 8px; border-bottom: 1px solid ${nt("line")}; cursor: pointer; }
  .tick { position: absolute; bottom: -1px; width: 3px; height: 12px; margin-left: -1.5px; border-radius: 1.5px; }
  .cursor { position: absolute; top: 0; bottom: -4px; width: 1.5px; margin-left: -0.75px; background: ${nt("ink")}; }
  .head { font-weight: 600; color: ${nt("ink")}; font-size: 13px; margin-top: 4px; }
  input[type=range] { width: 100%; margin: 0; height: 26px; accent-color: ${nt("accent")}; }
  .hint, .message { margin: 6px 0 0; font-size: 13px; color: ${nt("muted")}; }
  .message { color: ${nt("ink")}; margin: 0 0 8px; }
  .probe { display: none; }
  @media (max-width: 560px) {
    button, select, label { min-height: 40px; }
    .views { width: 100%; } .views button { flex: 1; padding: 4px 2px; }
    button.play { min-width: 5.9em; padding: 4px 8px; } select { padding: 4px; } output { min-width: 6.9em; font-size: 13px; }
  }
`,C_={play:"M4 2.5v11l9-5.5z",pause:"M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",back:"M11 2.5v11L4.5 8zM2.5 2.5h2v11h-2z",forward:"M5 2.5v11L11.500 8zM11.500 2.5h2v11h-2z"};function bl(n){let e=document.createElementNS("http://www.w3.org/2000/svg","svg"),t=document.createElementNS("http://www.w3.org/2000/svg","path");return e.setAttribute("viewBox","0 0 16 16"),e.setAttribute("aria-hidden","true"),t.setAttribute("d",C_[n]),e.append(t),e}function Ge(n,e={},...t){let i=document.createElement(n);for(let[r,s]of Object.entries(e))r.startsWith("on")?i.addEventListener(r.slice(2),s):r in i&&typeof s!="string"?i[r]=s:i.setAttribute(r,s);return i.append(...t),i}var P_=[["1\xD7",1],["\xBD\xD7",.5],["\xBC\xD7",.25],["\u2152\xD7",.1]],Od=60,L_=90,D_=8,I_="Drag to rotate. Click the picture, then use the wheel or pinch to zoom. Keyboard: \u2190 \u2192 on the controls steps frames, space plays; on the picture, arrows rotate, + and \u2212 zoom, comma and period step frames.",wl=class extends HTMLElement{static observedAttributes=["data-scene"];connectedCallback(){this.load()}attributeChangedCallback(){this.isConnected&&this.shadowRoot&&this.load()}disconnectedCallback(){this.unload()}async load(){this.unload();let e=this.loading={},t=this.shadowRoot||this.attachShadow({mode:"open"});this.app=Ge("div",{class:"failed"},Ge("div",{class:"print"},Ge("slot"))),t.replaceChildren(Ge("style",{},Fd),this.app);let i=JSON.parse(this.dataset.scene);try{if(this.walks=await Promise.all(i.walks.map(r=>Sa.of(r))),this.loading!==e)return;this.start(i.title)}catch(r){this.loading===e&&this.fail(`The moving picture is not available: ${r.message}.`)}}fail(e){this.stop(),this.stage?.dispose(),this.stage=void 0,this.app.className="failed",this.app.querySelector(".print").prepend(Ge("p",{class:"message",role:"status"},e))}start(e){this.pairs=Rd(this.walks),this.isSynchronised=this.pairs!==null,Object.assign(this,{time:0,speed:1,isSeen:!0,title:e||"Walk"}),this.visible={markers:!0,body:!0,strikes:!0,names:!0},this.canvas=Ge("canvas",{tabindex:"0",role:"img","aria-label":this.description(),onkeydown:t=>this.onCanvasKey(t)}),this.stage=new Ta(this.canvas,this.walks,t=>this.markView(t)),this.canvas.addEventListener("webglcontextlost",t=>{t.preventDefault(),this.stage&&!this.stage.isDisposed&&this.fail("The graphics memory was taken away. Load the page again.")}),this.build(),this.app.className=this.walks.length>1?"pair":"",this.listen(),this.repaint(),this.stage.resize(),this.setTime(0),window.matchMedia("(prefers-reduced-motion: reduce)").matches||this.play()}unload(){this.loading=void 0,this.stop(),clearTimeout(this.sending),this.listening?.abort(),this.observers?.forEach(e=>e.disconnect()),this.observers=void 0,this.stage?.dispose(),this.stage=void 0}listen(){this.listening=new AbortController;let{signal:e}=this.listening,t=new ResizeObserver(()=>this.stage?.resize());t.observe(this.canvas);let i=new IntersectionObserver(([s])=>this.setSeen(s.isIntersecting));i.observe(this.canvas);let r=new MutationObserver(()=>this.repaint());for(let s of[document.documentElement,document.body])r.observe(s,{attributeFilter:["class","data-theme","style"]});this.observers=[t,i,r],window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change",()=>this.repaint(),{signal:e}),document.addEventListener("agir-seek",s=>this.seek(s.detail),{signal:e})}description(){let e=this.walks.map(t=>t.label).filter(Boolean).join(" and ");return`${this.title}${e?`, ${e}`:""}: walking skeleton in 3D, left and right marked with L and R. Arrow keys rotate the view, plus and minus zoom.`}get seconds(){return this.isSynchronised?this.walks[0].seconds:Math.max(...this.walks.map(e=>e.seconds))}walkTime(e,t){return this.isSynchronised&&e?gl(this.pairs,t,0,1):t}sceneTime(e,t){return this.isSynchronised&&e?gl(this.pairs,t,1,0):t}setTime(e){this.time=an(e,0,this.seconds);let t=`${this.time.toFixed(2)} of ${this.seconds.toFixed(1)} s`;this.slider.value=this.time.toFixed(3),this.slider.setAttribute("aria-valuetext",t),this.output.textContent=t,this.cursors.forEach(i=>{i.style.left=`${100*this.time/this.seconds}%`}),this.update(),this.send()}update(){let e=this.walks.map((t,i)=>an(this.walkTime(i,this.time),0,t.seconds));this.stage?.update(e,this.visible)}send(){clearTimeout(this.sending);let e=Od-(performance.now()-(this.sentAt??-Od));if(e>0){this.sending=setTimeout(()=>this.send(),e);return}this.sentAt=performance.now(),this.walks.forEach((t,i)=>{let r=Number(an(this.walkTime(i,this.time),0,t.seconds).toFixed(3));document.dispatchEvent(new CustomEvent("agir-time",{detail:{walk:i,time_s:r}}))})}seek({walk:e=0,time_s:t}={}){!Number.isFinite(t)||!this.walks[e]||!this.getClientRects().length||(this.pause(),this.setTime(this.sceneTime(e,t)))}step(e){this.pause();let t=this.walks[0].rate;this.setTime((Math.round(this.time*t)+e)/t)}toggle(){this.isPlaying?this.pause():this.play()}play(){this.isPlaying=!0,this.nameButton(),this.run()}pause(){this.isPlaying=!1,this.nameButton(),this.stop()}setSeen(e){this.isSeen=e,e?this.run():this.stop()}run(){if(this.stop(),!this.isPlaying||!this.isSeen)return;let e,t=0,i=r=>{if(e!==void 0){let s=this.time+Math.min(r-e,250)/1e3*this.speed;this.setTime(s>this.seconds?0:s),this.stage?.render(),t=r-e>L_?t+1:0,t===D_&&this.stage?.simplify()}e=r,this.animation=requestAnimationFrame(i)};this.animation=requestAnimationFrame(i)}stop(){this.animation!==void 0&&cancelAnimationFrame(this.animation),this.animation=void 0}build(){this.view=Ge("div",{class:"view"},this.canvas),this.captions=Ge("div",{class:"captions"},...this.walks.map(t=>Ge("span",{},t.label))),this.walks.some(t=>t.label)&&this.view.append(this.captions),this.view.append(Ge("div",{class:"legend","aria-hidden":"true"},...Vi.map(t=>Ge("span",{},Ge("i",{class:t}),t==="left"?"L left":"R right")))),this.timeline=Ge("div",{class:"time"});let e=[...new Set(this.walks.map(t=>t.note).filter(Boolean))];this.probe=Ge("span",{class:"probe"}),this.app.prepend(Ge("div",{class:"live",role:"group","aria-label":this.title},this.view,this.timeline,this.playBar(),this.viewBar(),Ge("p",{class:"hint"},[...e,I_].join(" ")),this.probe)),this.buildTimeline()}playBar(){let e=(r,s,o)=>Ge("button",{type:"button",class:"icon",title:s,"aria-label":s,onclick:()=>this.step(o)},bl(r));this.playButton=Ge("button",{type:"button",class:"play",onclick:()=>this.toggle()}),this.nameButton(),this.output=Ge("output",{"aria-label":"time"});let t=Ge("select",{"aria-label":"speed",onchange:r=>{this.speed=Number(r.target.value)}},...P_.map(([r,s])=>Ge("option",{value:String(s)},r)));return Ge("div",{class:"bar",onkeydown:r=>this.onBarKey(r)},e("back","One frame back",-1),this.playButton,e("forward","One frame forward",1),this.output,t)}nameButton(){this.playButton&&this.playButton.replaceChildren(bl(this.isPlaying?"pause":"play"),this.isPlaying?"Pause":"Play")}viewBar(){this.viewButtons=Object.keys(Al).map(i=>Ge("button",{type:"button","aria-pressed":"false",onclick:()=>this.setView(i)},i)),this.markView("Free");let e=Ge("div",{class:"bar"},Ge("div",{class:"views",role:"group","aria-label":"view"},...this.viewButtons)),t=[["Markers","markers",i=>i.markerSeries],["Body","body",i=>i.surface],["Heel strikes","strikes",i=>i.marks.length],["L and R","names",()=>!0]];for(let[i,r,s]of t)this.walks.some(s)&&e.append(this.checkbox(i,this.visible[r],o=>{this.visible[r]=o,this.update()}));return this.walks.length>1&&e.append(this.checkbox("Overlay",!1,i=>this.setOverlaid(i))),this.pairs&&e.append(this.checkbox("Synchronise steps",!0,i=>this.setSynchronised(i))),e}checkbox(e,t,i){let r=Ge("input",{type:"checkbox",checked:t,onchange:s=>i(s.target.checked)});return Ge("label",{},r,e)}setView(e){this.stage.setView(e),this.markView(e)}markView(e){this.viewButtons?.forEach(t=>t.setAttribute("aria-pressed",String(t.textContent===e)))}setOverlaid(e){this.view.classList.toggle("overlaid",e);let t=e?[" (solid)"," (transparent)"]:["",""];[...this.captions.children].forEach((i,r)=>{i.textContent=this.walks[r].label+t[r]}),this.stage.setOverlaid(e),this.update()}setSynchronised(e){this.isSynchronised=e,this.buildTimeline(),this.setTime(Math.min(this.time,this.seconds))}buildTimeline(){this.cursors=[];let e=[];this.walks.forEach((t,i)=>{if(Vi.some(r=>t.strikes[r]?.length)){this.walks.length>1&&e.push(Ge("div",{class:"head"},`Heel strikes, ${t.label}`));for(let r of Vi)e.push(this.lane(t,i,r))}}),this.slider=Ge("input",{type:"range",min:"0",max:this.seconds.toFixed(3),step:"0.001","aria-label":"time in the walk",oninput:()=>{this.pause(),this.setTime(Number(this.slider.value))},onkeydown:t=>this.onBarKey(t)}),e.push(Ge("div",{class:"lane"},Ge("span",{},"Time"),this.slider)),this.timeline.replaceChildren(...e)}lane(e,t,i){let r=e.strikes[i]||[],s=this.walks.length>1?i:`${i} heel`,o=Ge("div",{class:"track",role:"img","aria-label":`${i} heel strikes at ${r.map(h=>h.toFixed(2)).join(", ")||"no time"} s`});for(let h of r){let l=this.sceneTime(t,h)/this.seconds;if(l<0||l>1)continue;let c=Ge("i",{class:"tick",title:`${i} heel strike, ${h.toFixed(2)} s`});c.style.left=`${100*l}%`,c.style.background=`var(--gait-${i}, ${qs[i]})`,o.append(c)}let a=Ge("i",{class:"cursor"});return this.cursors.push(a),o.append(a),o.addEventListener("click",h=>{let l=o.getBoundingClientRect();this.pause(),this.setTime((h.clientX-l.left)/l.width*this.seconds)}),Ge("div",{class:"lane"},Ge("span",{},s[0].toUpperCase()+s.slice(1)),o)}onBarKey(e){if(e.target instanceof HTMLSelectElement)return;let t=e.target===this.slider,i={ArrowLeft:-1,ArrowRight:1,ArrowDown:t?-1:0,ArrowUp:t?1:0}[e.key];if(i)this.step(i);else if(e.key===" "&&t)this.toggle();else return;e.preventDefault()}onCanvasKey(e){if(e.ctrlKey||e.metaKey||e.altKey)return;let t={ArrowLeft:[-1,0],ArrowRight:[1,0],ArrowUp:[0,1],ArrowDown:[0,-1],"+":[0,0,1],"=":[0,0,1],"-":[0,0,-1],"\u2212":[0,0,-1]};if(t[e.key])this.stage.move(...t[e.key]),this.markView("Free");else if(e.key===",")this.step(-1);else if(e.key===".")this.step(1);else if(e.key===" ")this.toggle();else return;e.preventDefault()}repaint(){if(!this.stage)return;let e={};for(let[t,i]of Object.entries(qs))this.probe.style.color=`var(--gait-${t}, ${i})`,e[t]=new Se(getComputedStyle(this.probe).color);this.stage.paint(e),this.update()}};customElements.get("gait-scene")||customElements.define("gait-scene",wl);})();

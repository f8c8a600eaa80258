import sharp from "sharp";
import { drawScene } from "./picture/scene.ts";
const prompts = ["a red cube","a castle on a mountain at sunset","a portrait of a woman, masterpiece","night city, neon","the ocean, calm","a fox in the forest","desert dunes","northern lights over mountains, night","cat"];
const out=[];
for (const [i,p] of prompts.entries()) { const t=performance.now(); const b=await sharp(Buffer.from(drawScene({prompt:p,details:"",seed:i+3,model:"demoPainter_v1",width:1024,height:i%3==2?768:1024}))).removeAlpha().raw().toBuffer({resolveWithObject:true}); const t2=performance.now(); const png=await sharp(b.data,{raw:b.info}).png({compressionLevel:6}).toBuffer(); console.log(p,Math.round(t2-t),Math.round(performance.now()-t2),png.length); out.push(await sharp(png).resize(400,400,{fit:"fill"}).png().toBuffer()); }
await sharp({create:{width:1200,height:1200,channels:3,background:"#000"}}).composite(out.map((input,i)=>({input,left:(i%3)*400,top:Math.floor(i/3)*400}))).png().toFile("/tmp/sheet.png");
